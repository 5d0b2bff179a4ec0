//! What is written can be read, in light and dark.

use crate::common::{DESKTOP, closed, last_step, opened};
use crate::program;
use browser::programs::{again, attending, profiled};
use browser::tapes::{nan, notebook, two_sided};
use browser::{Browser, Result};

/// The text with the least contrast to what is behind it, of those that are seen.
const FAINTEST: &str = r"(() => {
  const pixel = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const plain = (colour) => { // any way of writing it, as red, green, blue and alpha
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = colour;
    pixel.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((k) => top[k] * top[3] + under[k] * (1 - top[3]));
  const light = (colour) => {
    const [r, g, b] = colour.map((part) => (part <= 10 ? part / 3295 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const own = plain(getComputedStyle(element).backgroundColor);
    return own[3] === 1 || !element.parentElement ? own.slice(0, 3) : over(own, behind(element.parentElement));
  };
  let worst = [99, ''];
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join('');
    const box = element.getBoundingClientRect();
    if (!text || !box.width || element.closest('.unseen, noscript, script, :disabled')) continue;
    const ground = behind(element);
    const colour = plain(getComputedStyle(element).color);
    for (let up = element; up; up = up.parentElement) colour[3] *= Number(getComputedStyle(up).opacity);
    const [a, b] = [light(over(colour, ground)), light(ground)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst[0]) worst = [ratio, `${element.className || element.tagName}: ${text.slice(0, 40)}`];
  }
  return worst;
})()";

/// 4.5 : 1 is what WCAG asks for at its level AA.
fn is_legible(browser: &mut Browser, place: &str) -> Result<()> {
    let worst = browser.ask(FAINTEST)?;
    assert!(worst[0].as_f64() >= Some(4.5), "{place}: {worst}");
    Ok(())
}

#[test]
fn text_has_contrast() -> Result<()> {
    for (tape, keys) in [
        (notebook(), ["ArrowRight", "End", "p", "?"]),
        (two_sided(), ["End", "Home", "f", "/"]),
        (nan(), ["ArrowRight", "c", "l", "?"]),
    ] {
        let (mut browser, file) = opened("contrast", &tape)?;
        for dark in [false, true] {
            let last = last_step(&mut browser)?;
            for step in [2, 5, last / 2, last - 4] {
                browser.open(&file, &format!("#step={step}"), DESKTOP, dark)?;
                for key in keys {
                    browser.press(key)?;
                    is_legible(&mut browser, &format!("dark {dark}, step {step}, {key}"))?;
                }
            }
        }
        closed(browser, file)?;
    }
    Ok(())
}

/// In each view of a program, with something chosen and without, measured and not.
#[test]
fn text_of_programs_has_contrast() -> Result<()> {
    let (again, attending) = (again(), attending());
    let profile = profiled(&again);
    for (program, profile) in [(&again, Some(&profile)), (&attending, None)] {
        let (mut browser, file) = program::opened("contrast", program, profile)?;
        for dark in [false, true] {
            for place in ["rows", "rows/1", "groups", "groups/1", "memory", "memory/0", "times", "times/0"] {
                browser.open(&file, &format!("#{place}"), DESKTOP, dark)?;
                is_legible(&mut browser, &format!("dark {dark}, {place}"))?;
                for key in ["l", "?"] {
                    browser.press(key)?;
                    is_legible(&mut browser, &format!("dark {dark}, {place}, {key}"))?;
                }
            }
        }
        closed(browser, file)?;
    }
    Ok(())
}
