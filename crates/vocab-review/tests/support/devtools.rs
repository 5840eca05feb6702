//! A headless Chromium, driven through the DevTools protocol over a pipe.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long anything may take, on a machine that does much else too.
const PATIENCE: Duration = Duration::from_secs(120);

/// Chromium's program: the one of `MINE_TAGS_CHROMIUM`, or one of the usual names that runs.
pub fn chromium() -> Option<PathBuf> {
    static FOUND: LazyLock<Option<PathBuf>> = LazyLock::new(find);
    FOUND.clone()
}

fn find() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("MINE_TAGS_CHROMIUM").map(PathBuf::from) {
        assert!(runs(&named), "{}, which MINE_TAGS_CHROMIUM names, does not run", named.display());
        return Some(named);
    }
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let found = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    found.filter(|path| path.is_file()).find(|path| runs(path))
}

/// Whether there is a program behind the name: some systems have one that only says how to get it.
fn runs(program: &Path) -> bool {
    let mut asked = Command::new(program);
    asked.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}

/// A running browser.
pub struct Browser {
    process: Child,
    input: std::cell::RefCell<ChildStdin>,
    messages: Receiver<Value>,
    number: Cell<u64>,
    _profile: tempfile::TempDir,
}

/// A tab with cookies of its own, as on another person's machine.
pub struct Tab<'b> {
    browser: &'b Browser,
    session: String,
    context: Value,
    target: Value,
}

impl Browser {
    /// Starts the program with a new profile.
    pub fn start(program: &Path) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut flags = vec![
            "--headless".to_owned(),
            "--remote-debugging-pipe".to_owned(),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        // As root, and where users may not make namespaces, it has no sandbox and would not start; it
        // only opens our own page.
        let more = ["--no-first-run", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
        flags.extend(more.map(str::to_owned));
        // The pipe's ends are the file descriptors 3 and 4.
        let mut process = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null"])
            .arg(program)
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap().into();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let (send, messages) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while output.read_until(0, &mut message).is_ok_and(|read| read > 0) {
                message.pop();
                let parsed = serde_json::from_slice(&message).unwrap();
                message.clear();
                if send.send(parsed).is_err() {
                    return;
                }
            }
        });
        Self { process, input, messages, number: Cell::new(0), _profile: profile }
    }

    fn call(&self, session: Option<&str>, method: &str, parameters: Value) -> Value {
        self.try_call(session, method, parameters).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    fn try_call(&self, session: Option<&str>, method: &str, parameters: Value) -> Result<Value, Value> {
        let id = self.number.get() + 1;
        self.number.set(id);
        let mut message = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = serde_json::to_vec(&message).unwrap();
        bytes.push(0);
        let mut input = self.input.borrow_mut();
        input.write_all(&bytes).unwrap();
        input.flush().unwrap();
        loop {
            let answer =
                self.messages.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{method}: no answer"));
            if answer["id"] == id {
                return answer
                    .get("error")
                    .map_or_else(|| Ok(answer["result"].clone()), |error| Err(error.clone()));
            }
            // A question before leaving a page is answered with yes.
            if answer["method"] == "Page.javascriptDialogOpening" {
                let yes = json!({ "id": 0, "method": "Page.handleJavaScriptDialog", "params": { "accept": true }, "sessionId": answer["sessionId"] });
                input.write_all(format!("{yes}\0").as_bytes()).unwrap();
            }
        }
    }

    /// Opens a page in a tab with its own cookies.
    pub fn open(&self, url: &str) -> Tab<'_> {
        let context = self.call(None, "Target.createBrowserContext", json!({}))["browserContextId"].clone();
        let window =
            json!({ "url": "about:blank", "browserContextId": context, "width": 1280, "height": 800 });
        self.open_in(window, url)
    }

    fn open_in(&self, parameters: Value, url: &str) -> Tab<'_> {
        let context = parameters["browserContextId"].clone();
        let target = self.call(None, "Target.createTarget", parameters)["targetId"].clone();
        let attach = json!({ "targetId": target, "flatten": true });
        let session =
            self.call(None, "Target.attachToTarget", attach)["sessionId"].as_str().unwrap().to_owned();
        let tab = Tab { browser: self, session, context, target };
        tab.call("Page.enable", json!({}));
        tab.call("Page.navigate", json!({ "url": url }));
        tab
    }
}

impl Drop for Browser {
    /// Ends it in good order, so that nothing writes into its profile while that is removed.
    fn drop(&mut self) {
        _ = self.input.get_mut().write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let start = Instant::now();
        while start.elapsed() < PATIENCE && matches!(self.process.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(10));
        }
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

impl<'b> Tab<'b> {
    /// Opens another tab of the same browser: with the same cookies.
    pub fn beside(&self, url: &str) -> Tab<'b> {
        let tab = json!({ "url": "about:blank", "browserContextId": self.context });
        self.browser.open_in(tab, url)
    }

    /// Closes the tab, whatever the page says to that.
    pub fn close(self) {
        self.browser.call(None, "Target.closeTarget", json!({ "targetId": self.target }));
    }

    /// Calls a method of the protocol.
    pub fn call(&self, method: &str, parameters: Value) -> Value {
        self.browser.call(Some(&self.session), method, parameters)
    }

    /// What an expression comes to on the page.
    pub fn evaluate(&self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.call("Runtime.evaluate", parameters);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true on the page.
    pub fn wait(&self, expression: &str) {
        let start = Instant::now();
        let guarded =
            format!("(() => {{ try {{ return Boolean({expression}) }} catch {{ return false }} }})()");
        let parameters = json!({ "expression": guarded, "returnByValue": true });
        // There is no answer while the page changes for another.
        let ask = || self.browser.try_call(Some(&self.session), "Runtime.evaluate", parameters.clone());
        while !ask().is_ok_and(|answer| answer["result"]["value"] == true) {
            if start.elapsed() > PATIENCE {
                let body = self.evaluate("document.body.innerText");
                panic!("never true: {expression}\n{}", body.as_str().unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(15));
        }
    }

    /// Loads the page again, and waits for the new one.
    pub fn reload(&self) {
        self.evaluate("void (window.isOld = true)");
        self.call("Page.reload", json!({}));
        self.wait("!window.isOld && document.body.dataset.ready");
    }

    /// Presses a key: a letter, or "Enter", "Escape", "Tab", "ArrowUp", "ArrowDown". A capital: with Shift.
    pub fn press(&self, key: &str) {
        let code = match key {
            "Enter" => 13,
            "Escape" => 27,
            "Tab" => 9,
            "ArrowUp" => 38,
            "ArrowDown" => 40,
            _ => key.to_ascii_uppercase().as_bytes()[0].into(),
        };
        let text = if key == "Enter" { "\r" } else { key };
        let mut down = json!({ "type": "keyDown", "key": key, "windowsVirtualKeyCode": code });
        if text.len() == 1 {
            down["text"] = text.into();
        }
        if key.len() == 1 && key.as_bytes()[0].is_ascii_uppercase() {
            down["modifiers"] = 8.into();
        }
        self.call("Input.dispatchKeyEvent", down);
        self.call(
            "Input.dispatchKeyEvent",
            json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code }),
        );
    }

    /// Types into the field that has the focus.
    pub fn write(&self, text: &str) {
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Clicks on the first element that a selector finds.
    pub fn click(&self, selector: &str) {
        let selector = json!(selector);
        self.wait(&format!("document.querySelector({selector})"));
        self.evaluate(&format!("document.querySelector({selector}).click()"));
    }
}
