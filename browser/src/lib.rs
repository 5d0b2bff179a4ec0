//! Drives a headless Chromium over a pipe, by its `DevTools` protocol: enough of it to open a page from a file, press keys,
//! ask the page questions, and take its picture.
//!
//! What the page should not do is noted on the way: [`Browser::troubles`] has messages of the console, exceptions, and
//! every request that is not for the page's own file, which is not answered.

pub mod programs;
pub mod strip;
pub mod tapes;

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// What can go wrong.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Programs that are looked for, after the one that the variable `CHROMIUM` names.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// A browser that hangs is given up after this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    session: String,
    calls: u64,
    profile: PathBuf,
    troubles: Vec<String>,
}

/// The browser's program, if there is one.
pub fn program() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = || {
        NAMES.iter().find_map(|name| {
            std::env::split_paths(&paths).map(|path| path.join(name)).find(|file| file.is_file())
        })
    };
    named.or_else(found)
}

impl Browser {
    /// Starts it.
    ///
    /// # Errors
    /// If there is none, which says how to get one, or if it does not speak.
    pub fn start() -> Result<Self> {
        let program = program().ok_or(
            "no browser is here: install one (`apt-get install chromium`), or name its program in the variable CHROMIUM",
        )?;
        let number = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_nanos();
        let profile = std::env::temp_dir().join(format!("wengert-browser-{}-{number}", std::process::id()));
        // The browser reads its orders from descriptor 3 and answers on 4.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1"])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"])
            .args(["--disable-background-networking", "--hide-scrollbars", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let to = child.stdin.take().ok_or("no pipe to the browser")?;
        let mut answers = BufReader::new(child.stdout.take().ok_or("no pipe from the browser")?);
        let (heard, from) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while answers.read_until(0, &mut message).is_ok_and(|n| n > 0) {
                message.pop();
                let Ok(value) = serde_json::from_slice(&message) else { break };
                if heard.send(value).is_err() {
                    break;
                }
                message.clear();
            }
        });
        let session = String::new();
        let mut browser = Self { child, to, from, session, calls: 0, profile, troubles: Vec::new() };
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }))?;
        let attached = browser
            .call("Target.attachToTarget", &json!({ "targetId": target["targetId"], "flatten": true }))?;
        browser.session = attached["sessionId"].as_str().ok_or("no session")?.into();
        for domain in ["Page", "Runtime", "Log"] {
            browser.call(&format!("{domain}.enable"), &json!({}))?;
        }
        browser.call("Fetch.enable", &json!({ "patterns": [{ "urlPattern": "*" }] }))?;
        Ok(browser)
    }

    /// One order, and its answer.
    ///
    /// # Errors
    /// If the browser refuses it, or is silent.
    pub fn call(&mut self, method: &str, parameters: &Value) -> Result<Value> {
        let id = self.send(method, parameters)?;
        loop {
            let message =
                self.from.recv_timeout(PATIENCE).map_err(|_| format!("{method}: the browser is silent"))?;
            if message["id"] == id {
                let error = &message["error"];
                return if error.is_null() {
                    Ok(message["result"].clone())
                } else {
                    Err(format!("{method}: {error}").into())
                };
            }
            self.hear(&message)?;
        }
    }

    fn send(&mut self, method: &str, parameters: &Value) -> Result<u64> {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": parameters });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.to.write_all(message.to_string().as_bytes())?;
        self.to.write_all(&[0])?;
        self.to.flush()?;
        Ok(self.calls)
    }

    /// What it says unasked.
    fn hear(&mut self, message: &Value) -> Result<()> {
        let said = &message["params"];
        match message["method"].as_str() {
            Some("Fetch.requestPaused") => {
                let url = said["request"]["url"].as_str().unwrap_or_default();
                let id = &said["requestId"];
                if url.starts_with("file:") && said["resourceType"] == "Document" {
                    self.send("Fetch.continueRequest", &json!({ "requestId": id }))?;
                } else {
                    self.troubles.push(format!("a request for {url}"));
                    self.send(
                        "Fetch.failRequest",
                        &json!({ "requestId": id, "errorReason": "BlockedByClient" }),
                    )?;
                }
            }
            Some("Runtime.consoleAPICalled") => self.troubles.push(format!("console: {}", said["args"])),
            Some("Runtime.exceptionThrown") => {
                let details = &said["exceptionDetails"];
                self.troubles
                    .push(format!("exception: {} {}", details["text"], details["exception"]["description"]));
            }
            Some("Log.entryAdded") => self.troubles.push(format!("log: {}", said["entry"])),
            _ => {}
        }
        Ok(())
    }

    /// Opens a file, in a window of this size, in light or dark.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(&mut self, file: &Path, place: &str, size: (u32, u32), dark: bool) -> Result<()> {
        let scheme = if dark { "dark" } else { "light" };
        let window =
            json!({ "width": size.0, "height": size.1, "deviceScaleFactor": 1, "mobile": size.0 < 500 });
        self.call("Emulation.setDeviceMetricsOverride", &window)?;
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" }]);
        self.call("Emulation.setEmulatedMedia", &json!({ "features": features }))?;
        // A page is loaded anew although only its place may differ.
        self.call("Page.navigate", &json!({ "url": "about:blank" }))?;
        let url = format!("file://{}{place}", file.canonicalize()?.display());
        let answer = self.call("Page.navigate", &json!({ "url": url }))?;
        if let Some(error) = answer["errorText"].as_str() {
            return Err(format!("{url}: {error}").into());
        }
        for _ in 0..600 {
            if self.ask("document.readyState === 'complete' && location.protocol === 'file:'")? == json!(true)
            {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(format!("{url} does not end loading").into())
    }

    /// What an expression of JavaScript gives in the page.
    ///
    /// # Errors
    /// If it throws.
    pub fn ask(&mut self, expression: &str) -> Result<Value> {
        let asked = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.call("Runtime.evaluate", &asked)?;
        let thrown = &answer["exceptionDetails"];
        if !thrown.is_null() {
            return Err(format!("{expression}: {}", thrown["exception"]["description"]).into());
        }
        Ok(answer["result"]["value"].clone())
    }

    /// Presses a key, by its name in JavaScript.
    ///
    /// # Errors
    /// If the browser is silent.
    pub fn press(&mut self, key: &str) -> Result<()> {
        let text = match key {
            "Enter" => "\r",
            _ if key.chars().count() == 1 => key,
            _ => "",
        };
        let down = json!({ "type": "keyDown", "key": key, "code": key, "text": text });
        self.call("Input.dispatchKeyEvent", &down)?;
        self.call("Input.dispatchKeyEvent", &json!({ "type": "keyUp", "key": key, "code": key }))?;
        Ok(())
    }

    /// Moves a finger over the page, from one point to another.
    ///
    /// # Errors
    /// If the browser refuses it, or is silent.
    pub fn swipe(&mut self, from: [f64; 2], to: [f64; 2]) -> Result<()> {
        let mut touch = |kind: &str, points: Value| {
            self.call("Input.dispatchTouchEvent", &json!({ "type": kind, "touchPoints": points }))
        };
        touch("touchStart", json!([{ "x": from[0], "y": from[1] }]))?;
        for part in [0.25, 0.5, 0.75, 1.0] {
            let [x, y] = [0, 1].map(|axis| from[axis] + part * (to[axis] - from[axis]));
            touch("touchMove", json!([{ "x": x, "y": y }]))?;
        }
        touch("touchEnd", json!([]))?;
        Ok(())
    }

    /// The page's picture, as a PNG file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn picture(&mut self, file: &Path) -> Result<()> {
        // Two frames, so that what was scrolled and drawn is there.
        self.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))")?;
        let answer = self.call("Page.captureScreenshot", &json!({ "format": "png" }))?;
        std::fs::write(file, decoded(answer["data"].as_str().unwrap_or_default()))?;
        Ok(())
    }

    /// What the page should not have done so far.
    pub fn troubles(&self) -> &[String] {
        &self.troubles
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.send("Browser.close", &json!({}));
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// The bytes of a text in base 64.
fn decoded(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.bytes().filter(|c| *c != b'=').map(digit).collect();
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for four in digits.chunks(4) {
        let bits =
            four.iter().fold(0_u32, |bits, digit| bits << 6 | u32::from(*digit)) << (6 * (4 - four.len()));
        bytes.extend(bits.to_be_bytes()[1..].iter().take(four.len() - 1));
    }
    bytes
}
