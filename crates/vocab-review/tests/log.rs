//! The log of decisions loses nothing that was acknowledged, and says what is damaged.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tag_vocabulary::{Tag, TagKind};
use vocab_review::{Annotator, DecisionLog, Judgement, LogError, NewDecision, Verdict};

fn tag(name: &str) -> Tag {
    Tag::new(name, TagKind::Object).unwrap()
}

fn keep(name: &str, by: &str) -> NewDecision {
    let judgement = Judgement { note: Some("\"plain\"\nreason é".to_owned()), ..Verdict::Keep.into() };
    let by = Annotator::new(by).unwrap();
    NewDecision { by, adjudicates: false, tag: tag(name), judgement: Some(judgement) }
}

fn open(path: &Path) -> DecisionLog {
    let (log, aside) = DecisionLog::open(path).unwrap();
    assert_eq!(aside, None);
    log
}

#[test]
fn decisions_are_read_back_as_they_were_made() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("decisions.jsonl");
    let mut log = open(&path);
    log.append(vec![keep("dog", "anna")]).unwrap();
    let merged = Verdict::Merge { into: tag("dog") };
    let mut puppy = keep("puppy", "anna");
    puppy.judgement =
        Some(Judgement { kind: Some(TagKind::Scene), rename: Some("pup".to_owned()), ..merged.into() });
    log.append(vec![puppy, NewDecision { adjudicates: true, judgement: None, ..keep("cat", "bo") }]).unwrap();
    let made = log.decisions().to_vec();
    assert_eq!(made.len(), 3);
    assert!(made[1].batch.is_some() && made[1].batch == made[2].batch && made[0].batch.is_none());
    assert!(made.windows(2).all(|pair| pair[0].order() < pair[1].order()));
    drop(log);
    assert_eq!(open(&path).decisions(), made);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 3);
    assert!(text.contains(
        r#""verdict":"merge","into":{"name":"dog","kind":"object"},"kind":"scene","rename":"pup""#
    ));
}

#[test]
fn a_log_is_one_process_s_at_a_time() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("decisions.jsonl");
    let log = open(&path);
    assert!(matches!(DecisionLog::open(&path), Err(LogError::InUse(found)) if found == path));
    drop(log);
    open(&path);
}

/// A clock that is set back makes no new decision older than what it changes.
#[test]
fn time_never_runs_back() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("decisions.jsonl");
    open(&path).append(vec![keep("dog", "anna")]).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let year = text.find("\"at\":\"").unwrap() + 6;
    fs::write(&path, format!("{}2999{}", &text[..year], &text[year + 4..])).unwrap();
    let later = place.path().join("later.jsonl");
    fs::write(&later, fs::read_to_string(&path).unwrap().replace("2999", "3999")).unwrap();
    let mut log = open(&path);
    log.append(vec![NewDecision { judgement: None, ..keep("dog", "anna") }]).unwrap();
    log.append(vec![keep("dog", "anna")]).unwrap();
    // What another machine wrote with a clock of its own.
    log.merge(&renumbered(&later)).unwrap();
    log.append(vec![NewDecision { judgement: None, ..keep("dog", "anna") }]).unwrap();
    assert_eq!(log.decisions().len(), 5);
    assert!(log.decisions().is_sorted_by(|one, next| one.order() < next.order()));
}

/// The same log with a decision of another id.
fn renumbered(path: &Path) -> PathBuf {
    let text = fs::read_to_string(path).unwrap();
    let id = text.find("\"id\":\"").unwrap() + 6;
    fs::write(path, format!("{}f{}", &text[..id], &text[id + 1..])).unwrap();
    path.to_owned()
}

#[test]
fn a_line_in_the_middle_that_is_no_decision_is_named() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("decisions.jsonl");
    open(&path).append(vec![keep("dog", "anna"), keep("cat", "anna")]).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let damaged = text.replacen('\n', "\n{\"at\": 7}\n", 1);
    fs::write(&path, &damaged).unwrap();
    let error = DecisionLog::open(&path).unwrap_err().to_string();
    assert!(error.contains("decisions.jsonl, line 2"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), damaged, "nothing was changed");
    // Names that break the conventions are no decisions either.
    for (good, bad) in [("\"dog\"", "\"Dog\""), ("\"anna\"", "\"\""), ("object", "thing")] {
        fs::write(&path, text.replacen(good, bad, 1)).unwrap();
        assert!(DecisionLog::open(&path).is_err(), "{bad}");
    }
}

#[test]
fn logs_of_two_machines_are_one_in_either_order() {
    let place = tempfile::tempdir().unwrap();
    let [a, b, ab, ba] = ["a", "b", "ab", "ba"].map(|name| place.path().join(name));
    open(&a).append(vec![keep("dog", "anna"), keep("cat", "anna")]).unwrap();
    open(&b).append(vec![keep("dog", "bo")]).unwrap();
    let merged = |into: &Path, first: &Path, second: &Path| {
        let mut log = open(into);
        log.merge(first).unwrap();
        log.merge(second).unwrap();
        assert!(log.merge(first).unwrap().is_empty(), "nothing is new the second time");
        let mut decisions = log.decisions().to_vec();
        decisions.sort_by_key(vocab_review::Decision::order);
        decisions
    };
    let found = merged(&ab, &a, &b);
    assert_eq!(found.len(), 3);
    assert_eq!(found, merged(&ba, &b, &a));
}

proptest! {
    /// Wherever the power goes: all decisions but the one that was being written are there.
    #[test]
    fn a_cut_line_is_set_aside_and_costs_nothing_else(count in 1usize..6, cut in any::<prop::sample::Index>()) {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("decisions.jsonl");
        let mut log = open(&path);
        for number in 0..count {
            log.append(vec![keep(&format!("tag {number}"), "anna")]).unwrap();
        }
        let made = log.decisions().to_vec();
        drop(log);
        let bytes = fs::read(&path).unwrap();
        let cut = cut.index(bytes.len() + 1);
        fs::write(&path, &bytes[..cut]).unwrap();
        let whole = bytes[..cut].iter().filter(|&&byte| byte == b'\n').count();
        let start = bytes[..cut].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);

        let (mut log, aside) = DecisionLog::open(&path).unwrap();
        prop_assert_eq!(log.decisions(), &made[..whole]);
        match aside {
            None => prop_assert_eq!(start, cut),
            Some(aside) => {
                prop_assert_eq!(fs::read(&aside.path).unwrap(), &bytes[start..cut]);
                prop_assert_eq!(aside.bytes, (cut - start) as u64);
            }
        }
        log.append(vec![keep("after", "anna")]).unwrap();
        drop(log);
        prop_assert_eq!(open(&path).decisions().len(), whole + 1);
    }
}

fn named(name: &str, note: String) -> NewDecision {
    let judgement = Judgement { note: Some(note), ..Verdict::Keep.into() };
    NewDecision { judgement: Some(judgement), ..keep(name, "anna") }
}

/// What would not be read back is refused, and the log is as it was.
#[test]
fn a_line_that_is_too_long_is_not_written() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("decisions.jsonl");
    let mut log = open(&path);
    log.append(vec![keep("dog", "anna")]).unwrap();
    let long = vec![keep("cat", "anna"), named("cow", "x".repeat(1 << 20))];
    let error = log.append(long).unwrap_err();
    assert!(matches!(&error, LogError::TooLong { tag, .. } if tag == "cow/object"), "{error}");
    log.append(vec![named("fox", "x".repeat(1_000_000))]).unwrap();
    drop(log);
    assert_eq!(open(&path).decisions().len(), 2);
}

/// An editor puts another file in the log's place: what went on into the old one would be lost.
#[cfg(unix)]
#[test]
fn a_log_that_was_changed_or_moved_meanwhile_is_not_written_to() {
    let change: [fn(&Path); 4] = [
        |path| {
            fs::copy(path, path.with_extension("new")).unwrap();
            fs::rename(path.with_extension("new"), path).unwrap();
        },
        |path| fs::remove_file(path).unwrap(),
        |path| fs::write(path, "").unwrap(),
        |path| fs::write(path, fs::read_to_string(path).unwrap().repeat(2)).unwrap(),
    ];
    for change in change {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("decisions.jsonl");
        let mut log = open(&path);
        log.append(vec![keep("dog", "anna")]).unwrap();
        change(&path);
        let before = fs::read(&path).ok();
        assert!(
            matches!(log.append(vec![keep("cat", "anna")]), Err(LogError::Changed(found)) if found == path)
        );
        assert_eq!(fs::read(&path).ok(), before);
    }
}

#[test]
fn times_that_cannot_be_followed_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("decisions.jsonl");
    open(&path).append(vec![keep("dog", "anna"), keep("cat", "anna")]).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let at = &text[7..31];
    fs::write(&path, text.replacen(at, "9999-12-31T23:59:59.999Z", 1)).unwrap();
    let error = DecisionLog::open(&path).unwrap_err();
    assert!(
        matches!(&error, LogError::Damaged { line: 1, .. }) && error.to_string().contains("9999-12-31"),
        "{error}"
    );
    let last = format!("\n{}", text.replacen(at, "9998-12-31T23:59:59.999Z", 1));
    fs::write(&path, &last).unwrap();
    let error = open(&path).append(vec![keep("cow", "anna")]).unwrap_err();
    assert!(matches!(error, LogError::Damaged { line: 2, .. }), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), last);
}

/// Other programs may write times with more digits than the log keeps.
#[test]
fn a_log_of_finer_times_merges_twice() {
    let place = tempfile::tempdir().unwrap();
    let [here, there] = ["here", "there"].map(|name| place.path().join(name));
    open(&there).append(vec![keep("dog", "anna")]).unwrap();
    let text = fs::read_to_string(&there).unwrap();
    fs::write(&there, text.replacen("Z\"", "456Z\"", 1)).unwrap();
    let mut log = open(&here);
    assert_eq!(log.merge(&there).unwrap().len(), 1);
    drop(log);
    assert!(open(&here).merge(&there).unwrap().is_empty());
}

#[test]
fn a_log_whose_times_leave_none_for_others_is_no_merge() {
    let place = tempfile::tempdir().unwrap();
    let [here, there] = ["here", "there"].map(|name| place.path().join(name));
    open(&there).append(vec![keep("dog", "anna"), keep("cat", "anna")]).unwrap();
    let text = fs::read_to_string(&there).unwrap();
    let (first, second) = text.split_once('\n').unwrap();
    let mut log = open(&here);
    // Blank lines count. A year before 0 would be written with a sign, and not be read back.
    for time in ["9998-12-31T23:59:59.999Z", "9000-01-01T00:00:00.000Z", "0000-01-01T00:00:00+10:00"] {
        let second = second.replacen(&second[7..31], time, 1);
        fs::write(&there, format!("\n{first}\n\n{second}{first}\n")).unwrap();
        let error = log.merge(&there).unwrap_err();
        assert!(matches!(&error, LogError::Damaged { path, line: 4, .. } if *path == there), "{error}");
    }
    log.append(vec![keep("cow", "anna")]).unwrap();
    drop(log);
    assert_eq!(open(&here).decisions().len(), 1);
}

#[test]
fn another_decision_of_the_same_id_is_no_merge() {
    let place = tempfile::tempdir().unwrap();
    let [here, there] = ["here", "there"].map(|name| place.path().join(name));
    let mut log = open(&here);
    log.append(vec![keep("dog", "anna")]).unwrap();
    fs::write(&there, fs::read_to_string(&here).unwrap().replace("keep", "drop")).unwrap();
    assert!(matches!(log.merge(&there), Err(LogError::Damaged { path, line: 1, .. }) if path == there));
    assert_eq!(log.decisions().len(), 1);
}

/// A line without its end is one that is being written, whatever stands before it.
#[test]
fn a_reader_sees_whole_lines_alone() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("decisions.jsonl");
    open(&path).append(vec![keep("dog", "anna"), keep("cat", "anna")]).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    for cut in [text.len() - 1, text.len() - 30] {
        fs::write(&path, &text[..cut]).unwrap();
        let read = DecisionLog::read(&path).unwrap();
        let last = text[..cut].lines().last().unwrap().len();
        assert_eq!((read.decisions.len(), read.unfinished), (1, last as u64));
    }
    assert!(matches!(DecisionLog::read(place.path()), Err(LogError::Io { .. })));
}
