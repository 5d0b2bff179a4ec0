// What is said: texts in the reader's language, numbers, shapes, and the elements that they stand in.

const data = JSON.parse(document.getElementById("data").textContent);
const texts = JSON.parse(document.getElementById("texts").textContent);
const languages = Object.keys(texts);
let language = languages.includes(data.language)
  ? data.language
  : (navigator.language || "").startsWith("ja")
    ? "ja"
    : "en";

/// A text by its name, with values where it has `{names}`.
function say(name, values = {}) {
  const text = texts[language][name] ?? name;
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

/// Whether there is a text of this name.
function canSay(name) {
  return name in texts[language];
}

/// Five significant digits: plain where that is short.
function number(x, digits = 5) {
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const size = Math.abs(x);
  let text;
  if (size === 0 || (size >= 1e-3 && size < 1e5)) {
    const before = size >= 1 ? Math.floor(Math.log10(size)) + 1 : 0;
    text = x.toFixed(size >= 1 ? Math.max(digits - before, 0) : digits);
    if (text.includes(".")) text = text.replace(/\.?0+$/, "");
  } else {
    const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
    text = `${mantissa.replace(/\.?0+$/, "")}e${exponent.replace("+", "")}`;
  }
  return text.replace(/-/g, "−");
}

/// A shape as people say it.
function shapeText(shape) {
  return shape.length ? shape.join("×") : say("number");
}

/// An element: its tag, its class, and what is in it. Texts become texts, whatever stands in them.
function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/// A button with a text or a picture, and what it does.
function button(className, label, action, ...children) {
  const element = make("button", className, ...(children.length ? children : [label]));
  element.type = "button";
  if (children.length) {
    element.title = label;
    element.setAttribute("aria-label", label);
  }
  element.addEventListener("click", action);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/// An element of a drawing.
function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/// A formula. What comes here was set by the library, in which names are escaped.
function math(markup, className = "") {
  const holder = make("span", `math ${className}`);
  holder.innerHTML = `<math>${markup}</math>`;
  // Not every font has a brace that grows: that of cases is a line.
  for (const table of holder.querySelectorAll("mo + mtable")) {
    table.previousElementSibling.remove();
    table.classList.add("cases");
  }
  return holder;
}

const still = matchMedia("(prefers-reduced-motion: reduce)");
