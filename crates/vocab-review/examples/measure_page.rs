//! Measures the review page in headless Chromium: first screen, from a key to the next tag, search;
//! and takes pictures of it.
//!
//! `cargo run --release -p vocab-review --example measure_page -- 'http://127.0.0.1:…/?token=…' [FOLDER FOR PICTURES]`

#[allow(dead_code, reason = "the tests use all of it")]
#[path = "../tests/support/devtools.rs"]
mod devtools;

use std::path::Path;

use devtools::{Browser, Tab, chromium};
use serde_json::json;

/// Resolves when what has changed is painted.
const PAINTED: &str = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let url = words.next().ok_or("give the link of a review page")?;
    let browser = Browser::start(&chromium().ok_or("there is no Chromium")?);
    let tab = browser.open(&url);
    tab.wait("document.querySelector('#name')");
    tab.write("measure");
    tab.press("Enter");
    tab.wait("document.body.dataset.ready");
    first_screen(&tab);
    keys(&tab);
    suggestions(&tab);
    search(&tab);
    bulk(&tab);
    if let Some(folder) = words.next() {
        pictures(&tab, Path::new(&folder))?;
    }
    Ok(())
}

fn first_screen(tab: &Tab) {
    let watch = format!(
        "(function look() {{
            if (!document.querySelector('#card .captions [dir]')) return requestAnimationFrame(look);
            {PAINTED}.then(() => {{ window.shown = performance.now(); }});
        }})()"
    );
    tab.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": watch }));
    let mut times = Vec::new();
    for _ in 0..5 {
        tab.call("Page.reload", json!({}));
        std::thread::sleep(std::time::Duration::from_secs(2));
        tab.wait("window.shown");
        times.push(tab.evaluate("window.shown").as_f64().unwrap_or(f64::NAN));
    }
    report("first screen, with its captions, ms", times);
}

fn keys(tab: &Tab) {
    let script = format!(
        "(async () => {{
            const times = [];
            for (let turn = 0; turn < 200; turn += 1) {{
                const before = document.querySelector('#card h1').textContent;
                const start = performance.now();
                document.body.dispatchEvent(new KeyboardEvent('keydown', {{ key: 'kdu'[turn % 3], bubbles: true }}));
                if (document.querySelector('#card h1').textContent === before) throw new Error('no next tag');
                await {PAINTED};
                times.push(performance.now() - start);
                await new Promise((done) => setTimeout(done, 30));
            }}
            return times;
        }})()"
    );
    report("key to the next tag painted, ms", numbers(&tab.evaluate(&script)));
}

/// Follows suggestions one after the other.
fn suggestions(tab: &Tab) {
    tab.press("2");
    let script = format!(
        "(async () => {{
            const times = [];
            const open = () => document.querySelector('#suggestion-count').textContent;
            for (let turn = 0; turn < 100 && open(); turn += 1) {{
                const before = open();
                const start = performance.now();
                document.body.dispatchEvent(new KeyboardEvent('keydown', {{ key: 'px'[turn % 2], bubbles: true }}));
                if (open() === before) throw new Error('the suggestion is open still');
                await {PAINTED};
                times.push(performance.now() - start);
                await new Promise((done) => setTimeout(done, 30));
            }}
            return times;
        }})()"
    );
    report("key to the next suggestion painted, ms", numbers(&tab.evaluate(&script)));
}

fn search(tab: &Tab) {
    tab.press("3");
    let script = format!(
        "(async () => {{
            const times = [];
            const field = document.querySelector('#search');
            for (const text of ['d', 'do', 'dog', 'dog p', '', 's', 'st', 'street', 'zzz', '', 'e']) {{
                const start = performance.now();
                field.value = text;
                field.dispatchEvent(new Event('input'));
                await {PAINTED};
                times.push(performance.now() - start);
            }}
            field.value = '';
            field.dispatchEvent(new Event('input'));
            return times;
        }})()"
    );
    report("search painted, ms", numbers(&tab.evaluate(&script)));
}

fn bulk(tab: &Tab) {
    let script = "(async () => {
        const saved = () => new Promise((done) => {
            const look = () => document.querySelector('#saving').dataset.state === 'saved' ? done() : setTimeout(look, 5);
            look();
        });
        [...document.querySelectorAll('#table button')].find((button) => button.textContent.startsWith('Judge all')).click();
        document.querySelector('dialog.many [value=mute]').click();
        const start = performance.now();
        document.querySelector('dialog.many [type=submit]').click();
        await new Promise((done) => setTimeout(done));
        await saved();
        const judged = performance.now();
        document.querySelector('#undo').click();
        await saved();
        return [judged - start, performance.now() - judged];
    })()";
    let times = numbers(&tab.evaluate(script));
    println!("a verdict on all that is left, saved, and its undo, ms: {times:.0?}");
}

fn numbers(value: &serde_json::Value) -> Vec<f64> {
    value.as_array().into_iter().flatten().filter_map(serde_json::Value::as_f64).collect()
}

fn report(what: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let middle = times.get(times.len() / 2).copied().unwrap_or(f64::NAN);
    let worst = times.last().copied().unwrap_or(f64::NAN);
    let high = times.get(times.len() * 19 / 20).copied().unwrap_or(f64::NAN);
    println!("{what}: median {middle:.1}, 95 % {high:.1}, worst {worst:.1} of {}", times.len());
}

/// Every view in light and dark, phone-wide to 4K.
fn pictures(tab: &Tab, folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    for (width, height) in [(320, 640), (390, 844), (1280, 800), (3840, 2160)] {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        tab.call("Emulation.setDeviceMetricsOverride", size);
        for scheme in ["light", "dark"] {
            let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
            tab.call("Emulation.setEmulatedMedia", features);
            for view in ["queue", "suggestions", "table", "disagreements", "summary"] {
                tab.click(&format!("#top [data-view={view}]"));
                save(tab, &folder.join(format!("{view}-{width}-{scheme}.png.base64")))?;
            }
            tab.click("#top [data-view=queue]");
            for (key, window) in [("m", "merge"), ("?", "keys")] {
                tab.press(key);
                save(tab, &folder.join(format!("{window}-{width}-{scheme}.png.base64")))?;
                tab.press("Escape");
                tab.wait("!document.querySelector('dialog')");
            }
        }
    }
    Ok(())
}

fn save(tab: &Tab, path: &Path) -> std::io::Result<()> {
    std::thread::sleep(std::time::Duration::from_millis(400));
    let picture = tab.call("Page.captureScreenshot", json!({ "format": "png" }));
    std::fs::write(path, picture["data"].as_str().unwrap_or_default())
}
