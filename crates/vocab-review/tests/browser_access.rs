//! The page for those who do not see it, or not well, or have no keyboard: names and states for
//! screen readers, what is spoken, the order of the focus, contrast, sizes, narrow and magnified windows.

mod support;

use serde_json::{Value, json};
use support::devtools::Tab;
use support::page::{SAVED, browser, push, serve, serve_near, shows, visit};

const VIEWS: [(&str, &str); 5] =
    [("1", "queue"), ("2", "suggestions"), ("3", "table"), ("4", "disagreements"), ("5", "summary")];
/// What opens each window.
const WINDOWS: [(&str, &str); 4] = [
    ("keys", "document.querySelector('#help').click()"),
    ("pick", "document.querySelector('[data-verdict=merge].judge').click()"),
    ("ask", "document.querySelector('#who').click()"),
    (
        "many",
        "[...document.querySelectorAll('#table button')].find((found) => found.textContent.startsWith('Judge all')).click()",
    ),
];
/// Roles that mean nothing without a name.
const NAMED: [&str; 16] = [
    "button",
    "checkbox",
    "columnheader",
    "combobox",
    "dialog",
    "grid",
    "group",
    "link",
    "listbox",
    "option",
    "progressbar",
    "radio",
    "region",
    "searchbox",
    "tab",
    "textbox",
];

/// Calls this in every view, and with every window open.
fn everywhere(tab: &Tab, mut look: impl FnMut(&str)) {
    for (key, view) in VIEWS {
        tab.evaluate(&format!("document.querySelector('#top [data-view={view}]').click()"));
        tab.wait(&format!("document.querySelector('main').dataset.view === '{view}'"));
        if view == "summary" {
            tab.wait("document.querySelector('#summary h1')");
        }
        look(&format!("view {key}"));
    }
    for (window, open) in WINDOWS {
        let view = if window == "many" { "table" } else { "queue" };
        tab.evaluate(&format!("document.querySelector('#top [data-view={view}]').click()"));
        tab.evaluate(open);
        tab.wait(&format!("document.querySelector('dialog.{window}')"));
        if window == "pick" {
            tab.write("o");
            tab.wait("document.querySelectorAll('.pick li').length > 3");
        }
        look(&format!("window {window}"));
        tab.press("Escape");
        tab.wait("!document.querySelector('dialog')");
    }
}

fn size(tab: &Tab, width: u32, height: u32) {
    let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    tab.call("Emulation.setDeviceMetricsOverride", size);
}

/// The nodes of the tree that screen readers are given: role, name, and all else.
fn tree(tab: &Tab) -> Vec<(String, String, Value)> {
    let word = |value: &Value| value["value"].as_str().unwrap_or_default().trim().to_owned();
    let nodes = tab.call("Accessibility.getFullAXTree", json!({}))["nodes"].take();
    let nodes = nodes.as_array().unwrap().iter().filter(|node| node["ignored"] != true);
    nodes.map(|node| (word(&node["role"]), word(&node["name"]), node.clone())).collect()
}

fn property(node: &Value, name: &str) -> Value {
    let all = node["properties"].as_array().into_iter().flatten();
    all.filter(|property| property["name"] == name)
        .map(|property| property["value"]["value"].clone())
        .next()
        .unwrap_or_default()
}

/// What screen readers have been told since this was asked last.
fn spoken(tab: &Tab) -> Vec<String> {
    let told = tab.evaluate("window.told.splice(0)");
    told.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Notes all that live regions say.
fn hear(tab: &Tab) {
    tab.evaluate(
        "window.told = [];
        for (const node of document.querySelectorAll('[role=status], [role=alert], [aria-live]')) {
            new MutationObserver(() => node.textContent && window.told.push(node.textContent)).observe(node, { childList: true, characterData: true, subtree: true });
        }",
    );
}

#[test]
fn everything_has_a_name_and_a_state() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let tab = visit(&browser, &server, "anna");
    tab.press("k");
    everywhere(&tab, |place| {
        for (role, name, node) in tree(&tab) {
            assert!(
                !NAMED.contains(&role.as_str()) || !name.is_empty(),
                "{place}: {role} without a name: {node}"
            );
        }
    });
    // The table says how long it is, how it is sorted, and where one is in it.
    tab.press("3");
    tab.wait("document.querySelector('#table [aria-selected=true]')");
    tab.evaluate("document.querySelectorAll('#table .head button')[3].click()");
    let found = tab.evaluate(
        "(() => {
            const grid = document.querySelector('#table [role=grid]');
            const marked = document.getElementById(grid.getAttribute('aria-activedescendant'));
            return [grid.getAttribute('aria-rowcount'), grid.getAttribute('aria-colcount'),
                [...grid.querySelectorAll('[role=columnheader]')].map((head) => head.getAttribute('aria-sort')).join(),
                marked.getAttribute('aria-rowindex'), marked.children.length];
        })()",
    );
    assert_eq!(found, json!(["11", "7", "none,none,none,descending,none,none,none", "2", 7]));
    let nodes = tree(&tab);
    let row = nodes.iter().find(|(role, _, node)| role == "row" && property(node, "selected") == true);
    assert!(row.is_some_and(|(_, name, _)| name.contains("dog") && name.contains("keep")), "{row:?}");
    assert_eq!(nodes.iter().filter(|(role, ..)| role == "gridcell").count(), 70);
    // The queue's list says what kind each tag is.
    tab.press("1");
    tab.wait("document.querySelector('#queue [aria-selected=true]')");
    let first = tree(&tab).into_iter().find(|(role, ..)| role == "option").unwrap();
    assert_eq!(first.1, "object doggy 999");
    assert!(
        tree(&tab).iter().any(|(role, name, _)| role == "heading" && name.replace(' ', "") == "doggy,object")
    );
    // Verdicts say which is held.
    tab.press("b");
    shows(&tab, "dog");
    let keep = tree(&tab).into_iter().find(|(role, name, _)| role == "button" && name == "Keep").unwrap();
    assert_eq!(property(&keep.2, "pressed"), "true", "{keep:?}");
}

#[test]
fn each_verdict_is_told_once_with_the_next_tag() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let tab = visit(&browser, &server, "anna");
    shows(&tab, "dog");
    tab.wait("document.querySelector('#reader').textContent.includes('dog')");
    hear(&tab);
    tab.press("k");
    shows(&tab, "doggy");
    tab.wait(SAVED);
    tab.wait("window.told.length");
    assert_eq!(spoken(&tab), ["keep. doggy, object, 999 images, 1 suggestion."]);
    tab.press("z");
    shows(&tab, "dog");
    tab.wait("window.told.length");
    tab.wait(SAVED);
    assert_eq!(spoken(&tab), ["Undone: undecided. dog, object, 1,000 images, 1 suggestion."]);
    tab.press("y");
    tab.wait("window.told.length");
    assert_eq!(spoken(&tab), ["Redone. dog: keep."], "the tag is shown already");
    tab.press("e");
    tab.wait("window.told.length");
    assert_eq!(spoken(&tab), ["a dog near a <b>fence</b> — the dog & the dog"]);
    // In a list, the list itself tells which tag is next.
    tab.evaluate("document.querySelector('#queue .list').focus()");
    tab.press("f");
    shows(&tab, "doggy");
    tab.wait("document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).textContent.includes('doggy')");
    tab.press("d");
    shows(&tab, "kitchen");
    tab.wait("document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).textContent.includes('kitchen')");
    tab.wait("window.told.length");
    assert_eq!(spoken(&tab), ["drop."]);
    tab.press("T");
    shows(&tab, "one");
    tab.wait("window.told.length");
    assert_eq!(spoken(&tab), ["Only attributes."]);
    tab.press("2");
    tab.wait("window.told.length");
    assert_eq!(spoken(&tab), ["Suggestions. Kind is doubtful: kitchen, 998."]);
}

/// Single letters can be switched off, for dictation and for screen readers' own keys (WCAG 2.1.4).
#[test]
fn single_keys_can_be_switched_off() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let tab = visit(&browser, &server, "anna");
    shows(&tab, "dog");
    tab.press("?");
    tab.click("dialog.keys [type=checkbox]");
    tab.press("Escape");
    tab.wait("!document.querySelector('dialog')");
    for key in ["k", "3", "T", "?"] {
        tab.press(key);
    }
    shows(&tab, "dog");
    assert_eq!(tab.evaluate("document.querySelector('main').dataset.view"), "queue");
    assert_eq!(tab.evaluate("document.querySelector('.deck kbd').checkVisibility()"), false);
    tab.reload();
    tab.press("k");
    tab.click(".judge[data-verdict=drop]");
    shows(&tab, "doggy");
    tab.wait(SAVED);
    assert_eq!(server.decisions(), 1);
}

/// Every control is reached by Tab, in the order of the page, is seen to have the focus, and nothing
/// holds it; a window keeps it inside and gives it back.
#[test]
fn the_focus_goes_through_everything_in_order() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let tab = visit(&browser, &server, "anna");
    tab.wait("document.querySelector('.captions mark')");
    let controls = "[...document.querySelectorAll('a[href], button, input, select, [tabindex=\"0\"]')].filter((node) => !node.disabled && node.checkVisibility() && !(node.type === 'radio' && !node.checked))";
    everywhere(&tab, |place| {
        let inside = place.starts_with("window");
        let root = if inside { "node.closest('dialog')" } else { "true" };
        tab.evaluate(&format!(
            "window.controls = {controls}.filter((node) => {root}); document.activeElement.blur(); {}",
            if inside {
                "document.querySelector('dialog').focus()"
            } else {
                "void getSelection().setPosition(document.body, 0)"
            }
        ));
        let count = tab.evaluate("window.controls.length").as_u64().unwrap();
        let mut seen = Vec::new();
        for _ in 0..2 * count + 4 {
            tab.press("Tab");
            let at = tab.evaluate(
                "(() => {
                    const node = document.activeElement;
                    const style = getComputedStyle(node.type === 'radio' && node.closest('.kinds label') || node);
                    if (node !== document.body && node.id !== 'card' && style.outlineStyle === 'none') throw new Error('no outline: ' + node.outerHTML);
                    return window.controls.indexOf(node);
                })()",
            );
            seen.push(at.as_i64().unwrap());
        }
        // From the first on, each once, in order.
        let start = seen.iter().position(|&at| at == 0);
        let start = start.unwrap_or_else(|| panic!("{place}: the first is never reached: {seen:?}"));
        let found: Vec<i64> =
            seen[start..].iter().copied().filter(|&at| at >= 0).take(count as usize).collect();
        let expected: Vec<i64> = (0..count as i64).collect();
        let names = tab.evaluate("window.controls.map((node) => node.outerHTML.slice(0, 80))");
        assert_eq!(found, expected, "{place}: {names}");
    });
    tab.evaluate("document.querySelector('#help').focus()");
    tab.press("Enter");
    tab.wait("document.querySelector('dialog')");
    tab.press("Escape");
    tab.wait("document.activeElement.id === 'help'");
}

/// The colours of all text that is seen, against what is behind it: the worst of them.
const CONTRAST: &str = "(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    const colour = (text) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = text;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return { rgb: [r, g, b], a: a / 255 };
    };
    const over = ({ rgb, a }, below) => rgb.map((part, at) => part * a + below[at] * (1 - a));
    const light = (rgb) => {
        const [r, g, b] = rgb.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (node) => {
        if (!node) return colour(getComputedStyle(document.body).backgroundColor).rgb;
        const found = colour(getComputedStyle(node).backgroundColor);
        return found.a === 1 ? found.rgb : over(found, behind(node.tagName === 'DIALOG' ? null : node.parentElement));
    };
    const root = document.querySelector('dialog') ?? document.body;
    const worst = [];
    for (const node of root.querySelectorAll('*')) {
        const says = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
        const isField = node.matches('input:not([type=radio], [type=checkbox]), select');
        if (!(says || isField) || !node.checkVisibility() || node.closest(':disabled, #live, #reader, .skip, option')) continue;
        const style = getComputedStyle(node);
        let opacity = 1;
        for (let up = node; up; up = up.parentElement) opacity *= getComputedStyle(up).opacity;
        const below = behind(node);
        for (const text of node.placeholder ? [style.color, getComputedStyle(node, '::placeholder').color] : [style.color]) {
            const found = colour(text);
            const [high, low] = [light(over({ ...found, a: found.a * opacity }, below)), light(below)].sort((a, b) => b - a);
            worst.push([(high + 0.05) / (low + 0.05), `${node.tagName}.${node.className} ${node.textContent.slice(0, 30)} ${text}`]);
        }
    }
    return worst.sort((a, b) => a[0] - b[0])[0];
})()";

/// WCAG 2.2 AA, 1.4.3, in light and in dark, for texts of any size.
#[test]
fn all_text_has_contrast() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let tab = visit(&browser, &server, "anna");
    let other = visit(&browser, &server, "bo");
    for (tab, keys) in [(&tab, ["k", "d", "u"]), (&other, ["d", "k", "f"])] {
        keys.iter().for_each(|key| tab.press(key));
        tab.wait(SAVED);
    }
    tab.wait("document.querySelector('#disputed-count').textContent === '2'");
    for scheme in ["light", "dark"] {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }, { "name": "prefers-reduced-motion", "value": "reduce" }] });
        tab.call("Emulation.setEmulatedMedia", media);
        everywhere(&tab, |place| {
            let worst = tab.evaluate(CONTRAST);
            assert!(worst[0].as_f64().unwrap() >= 4.5, "{scheme}, {place}: {worst}");
        });
    }
    assert_eq!(
        tab.evaluate("getComputedStyle(document.querySelector('#progress span')).transitionProperty"),
        "none"
    );
}

/// What is wider than the window, and what is too small to be touched.
const NARROW: &str = "(() => {
    const root = document.querySelector('dialog') ?? document.body;
    const inScroller = (node) => node && (['auto', 'scroll', 'hidden'].includes(getComputedStyle(node).overflowX) && node !== document.body || inScroller(node.parentElement));
    const found = [];
    if (document.scrollingElement.scrollWidth > document.documentElement.clientWidth) found.push('the page scrolls sideways');
    for (const node of root.querySelectorAll('*')) {
        if (!node.checkVisibility() || node.closest('.skip, #reader, #live, .scroll')) continue;
        const box = node.getBoundingClientRect();
        const isCut = box.right > document.documentElement.clientWidth + 0.5 && !inScroller(node.parentElement);
        if (isCut || (node.clientWidth && node.scrollWidth > node.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(node).overflowX))) found.push(`too wide: ${node.outerHTML.slice(0, 90)}`);
        if (!node.matches('button, select, input') || node.disabled) continue;
        const target = node.closest('label') ?? node;
        const { width, height } = target.getBoundingClientRect();
        const least = node.matches('.judge, .step, nav button, select') ? 44 : 24;
        if (height < least - 0.5 || width < 24) found.push(`too small: ${width} x ${height} ${node.outerHTML.slice(0, 90)}`);
    }
    return found;
})()";

/// Phones, and a page of 1280 by 1024 points at 400 % (WCAG 1.4.10, 2.5.8).
#[test]
fn narrow_windows_show_everything_without_sideways_scrolling() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let place_of_many = tempfile::tempdir().unwrap();
    let tab = visit(&browser, &server, "a name of more letters than there is room for");
    tab.press("k");
    for (width, height) in [(390, 844), (320, 568), (320, 256), (844, 390)] {
        size(&tab, width, height);
        everywhere(&tab, |place| {
            let mut found = tab.evaluate(NARROW);
            if width > 760 {
                found.as_array_mut().unwrap().retain(|text| !text.as_str().unwrap().starts_with("too small"));
            }
            assert_eq!(found, json!([]), "{width} x {height}, {place}");
        });
    }
    let near = serve_near(&place_of_many);
    let many = visit(&browser, &near, "anna");
    for (width, height) in [(390, 844), (320, 568), (320, 256)] {
        size(&many, width, height);
        for view in ["queue", "suggestions"] {
            many.click(&format!("#top [data-view={view}]"));
            assert_eq!(many.evaluate(NARROW), json!([]), "{width} x {height}, {view} with many suggestions");
        }
        support::page::choose(&many, "#suggestions select", "synonyms");
        many.wait("document.querySelectorAll('.members > li').length === 12");
        assert_eq!(many.evaluate(NARROW), json!([]), "{width} x {height}, a large cluster");
    }
    // Everything can be brought into sight.
    size(&tab, 320, 256);
    tab.click("#top [data-view=queue]");
    let seen = tab.evaluate(
        "[...document.querySelectorAll('#card button, #card input, #queue select')].filter((node) => node.checkVisibility() && !node.disabled).every((node) => {
            node.scrollIntoView({ block: 'center' });
            const box = (node.closest('label') ?? node).getBoundingClientRect();
            const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
            return top && (node.closest('label') ?? node).contains(top);
        })",
    );
    assert_eq!(seen, true);
}

/// The queue by thumb: one kind alone, and the list.
#[test]
fn a_phone_has_the_queue_with_its_list() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let tab = visit(&browser, &server, "anna");
    size(&tab, 390, 844);
    shows(&tab, "dog");
    support::page::choose(&tab, "#queue select", "action");
    shows(&tab, "ride");
    push(&tab, "List");
    tab.wait("document.querySelectorAll('#queue .row').length === 1 && !document.querySelector('#card').checkVisibility()");
    support::page::choose(&tab, "#queue select", "");
    tab.wait("document.querySelectorAll('#queue .row').length === 10");
    tab.click("#queue .row:nth-child(3)");
    shows(&tab, "kitchen");
    tab.wait("document.querySelector('#card').checkVisibility() && !document.querySelector('#queue .list').checkVisibility()");
    push(&tab, "Drop");
    shows(&tab, "bicycel");
    // A keyboard on the screen leaves little height: what is typed and what is found stay in sight.
    size(&tab, 390, 400);
    push(&tab, "Merge");
    tab.wait("document.activeElement.matches('dialog.pick input')");
    tab.write("o");
    tab.wait("document.querySelectorAll('.pick li').length > 3");
    let box_of = |selector: &str| {
        tab.evaluate(&format!("(() => {{ const box = document.querySelector('{selector}').getBoundingClientRect(); return [box.top, box.bottom]; }})()"))
    };
    let (field, first) = (box_of("dialog.pick input"), box_of(".pick li"));
    assert!(field[0].as_f64().unwrap() >= 0.0 && first[1].as_f64().unwrap() <= 400.0, "{field} {first}");
}
