//! Evidence that was tampered with, and what must be said of it: the originals are
//! in `tests/vectors/evidence/`, the alterations are code over them, and the
//! table says how each must end.

mod alter;
mod log;
mod make;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::binary::program;
use harness::tools::{Tool, workspace};
use ledger::KeyKind;
use recorder::archive::Files as _;
use recorder::bundle::{Bundle, TarFiles};
use recorder::verify::{LogDir, Outcome, Report, Trust, verify_bundle, verify_log};

use self::make::Site;
use self::table::{Base, Case, cases};

fn originals() -> PathBuf {
    workspace().join("tests/vectors/evidence")
}

/// The originals can be made anew: to be kept with `REFRESH_VECTORS=1`, else
/// elsewhere. What is random in them, keys and encryption, differs each time; all
/// else is the same.
#[test]
fn the_vectors_are_made() {
    let scratch = tempfile::tempdir().unwrap();
    let keep = std::env::var("REFRESH_VECTORS").is_ok_and(|wish| wish == "1");
    let at = if keep {
        originals()
    } else {
        scratch.path().to_owned()
    };
    for name in ["log", "visit.tar", "seen-checkpoint"] {
        let path = at.join(name);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            let _ = fs::remove_file(path);
        }
    }
    make::everything(&Site::new(), &at);
}

/// So that the generator and what is committed don't part ways.
#[test]
fn what_the_generator_makes_holds() {
    let scratch = tempfile::tempdir().unwrap();
    let site = Site::new();
    make::everything(&site, scratch.path());
    for base in [Base::Bundle, Base::Log] {
        let made = verify(base, &scratch.path().join(base.name()), &site.trust());
        let committed = verify(base, &originals().join(base.name()), &site.trust());
        assert_eq!(made.verdict(), Outcome::Proven, "{made:#?}");
        assert_eq!(made, committed);
    }
}

#[test]
fn each_alteration_ends_as_the_table_says() {
    let site = Site::new();
    let mut wrong = Vec::new();
    for case in cases() {
        let scratch = tempfile::tempdir().unwrap();
        let report = altered(&case, &site, scratch.path());
        let as_said = report.verdict() == case.verdict
            && report
                .findings
                .iter()
                .any(|finding| finding.outcome == case.finding && finding.text.contains(case.says));
        if !as_said {
            wrong.push(format!("{}: {report:#?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The exit status is what scripts see: one case of each.
#[test]
fn the_program_exits_as_the_table_says() {
    let site = Site::new();
    let mut seen = [false; 3];
    for case in cases() {
        let status = case.status();
        // Its clock is the machine's, so ages can't be told here.
        if case.max_age.is_some() || std::mem::replace(&mut seen[usize::from(status)], true) {
            continue;
        }
        let scratch = tempfile::tempdir().unwrap();
        altered(&case, &site, scratch.path());
        let mut program = Command::new(program());
        program
            .arg("verify")
            .arg(scratch.path().join(case.base.name()));
        let trust = case.trust(&site, scratch.path());
        for key in &trust.keys {
            program.args(["--key", &key.to_string()]);
        }
        for form in ["table", "json"] {
            let done = Command::new(program.get_program())
                .args(program.get_args())
                .args(["--output", form])
                .output()
                .unwrap();
            assert_eq!(done.status.code(), Some(i32::from(status)), "{}", case.name);
            let text = String::from_utf8(done.stdout).unwrap();
            assert!(text.contains(case.says), "{}: {text}", case.name);
            if form == "json" {
                let told: serde_json::Value = serde_json::from_str(&text).unwrap();
                assert_eq!(told["exit"], status);
                assert_eq!(told["verdict"], case.verdict.as_str());
            }
        }
    }
    assert_eq!(seen, [true; 3]);
}

#[test]
fn what_is_no_evidence_is_not_decided() {
    let scratch = tempfile::tempdir().unwrap();
    let whole = fs::read(originals().join("visit.tar")).unwrap();
    let cut = scratch.path().join("cut.tar");
    fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let other = scratch.path().join("other");
    fs::write(&other, "no tar at all").unwrap();
    for path in [&cut, &other, scratch.path(), Path::new("/nowhere/at/all")] {
        let done = Command::new(program())
            .arg("verify")
            .arg(path)
            .output()
            .unwrap();
        assert_eq!(done.status.code(), Some(2), "{done:?}");
        assert!(!done.stderr.is_empty(), "{done:?}");
    }
}

/// The check by hand, as the README of a bundle says: it sees what is wrong, and
/// uses none of our code. What is encrypted is opened with age where a real bundle is
/// taken home (`cli/evidence.rs`).
#[test]
fn the_readme_of_a_bundle_can_be_followed() {
    if Tool::Openssl.left_out() {
        return;
    }
    let _ = (Tool::Openssl.path(), Tool::Zstd.path());
    let by_hand = |alter: &dyn Fn(&alter::Dir)| {
        let scratch = tempfile::tempdir().unwrap();
        unpack(&originals().join("visit.tar"), scratch.path());
        let readme = fs::read_to_string(scratch.path().join("README.md")).unwrap();
        let blocks = readme.split("```sh\n").skip(1).map(|after| {
            let (block, _) = after.split_once("```").unwrap();
            block
        });
        let steps: String = blocks
            .filter(|block| !block.contains("drawbridge") && !block.contains("age -d"))
            .collect();
        let key = Site::new().second.verifier().to_string();
        let steps = steps.replace("NAME+HASH+KEY", &key);
        alter(&alter::Dir::new(scratch.path()));
        let done = Command::new("bash")
            .arg("-c")
            .arg(steps)
            .current_dir(scratch.path())
            .output()
            .unwrap();
        let shown = fs::read_to_string(scratch.path().join("visit.cast")).unwrap_or_default();
        let said = String::from_utf8([done.stdout, done.stderr].concat()).unwrap();
        (said, shown)
    };
    let (said, shown) = by_hand(&|_| {});
    let lines: Vec<&str> = said.lines().filter(|line| !line.is_empty()).collect();
    let [root, sealed, led_to, signed, verified] = lines.as_slice() else {
        panic!("{said}");
    };
    assert_eq!(*sealed, format!("\"root\":\"{root}\""));
    assert_eq!(led_to, signed);
    assert_eq!(*verified, "Signature Verified Successfully");
    assert!(shown.contains("pump 2 runs"), "{shown}");

    let (said, _) = by_hand(&|dir| dir.flip(alter::CHUNKS[1]));
    assert!(
        said.contains("chunk 1: recording/000001.output.cast.zst differs"),
        "{said}"
    );
    let (said, _) = by_hand(&|dir| dir.without_line("recording/manifest.jsonl", 2));
    assert!(said.contains("broken before"), "{said}");
    let (said, _) = by_hand(&|dir| {
        dir.replace("progress/2.json", "\"lines\":5", "\"lines\":4");
    });
    assert!(
        said.contains("progress/2.json: the recording does not begin so"),
        "{said}"
    );
    let (said, _) = by_hand(&|dir| dir.replace("seal.tlog-proof", "\n270\n", "\n271\n"));
    assert!(!said.contains("Signature Verified Successfully"), "{said}");
}

/// The second verifier, written from the documentation, with nothing of ours in it. It
/// looks into no chunk, and is asked of all else.
#[test]
fn a_verifier_that_is_not_ours_agrees() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let site = Site::new();
    let (mut asked, mut wrong) = (0, Vec::new());
    for case in cases().into_iter().filter(|case| case.base == Base::Bundle) {
        let scratch = tempfile::tempdir().unwrap();
        let report = altered(&case, &site, scratch.path());
        let only_content = report
            .findings
            .iter()
            .filter(|finding| finding.outcome == case.verdict)
            .all(|finding| finding.check == "content");
        if only_content {
            continue;
        }
        let trust = case.trust(&site, scratch.path());
        let mut python = Command::new(Tool::Asyncssh.path());
        python
            .arg(workspace().join("tests/python/verify_bundle.py"))
            .arg(scratch.path().join(case.base.name()));
        for key in &trust.keys {
            let whose = match key.kind() {
                KeyKind::Note => "--key",
                KeyKind::Timestamped => "--witness",
            };
            python.args([whose, &key.to_string()]);
        }
        if trust.last_seen.is_some() {
            python.arg("--seen").arg(scratch.path().join("seen"));
        }
        if let Some(age) = trust.max_age {
            let now = trust.now.as_millis() / 1000;
            python.args(["--max-age", &age.as_secs().to_string()]);
            python.args(["--now", &now.to_string()]);
        }
        let done = python.output().unwrap();
        if done.status.code() != Some(i32::from(case.status())) {
            wrong.push(format!("{}: {done:?}", case.name));
        }
        asked += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked >= 50, "{asked}");
}

/// An altered copy of the original at `at`, verified.
fn altered(case: &Case, site: &Site, at: &Path) -> Report {
    let copy = at.join(case.base.name());
    match case.base {
        Base::Bundle => unpack(&originals().join("visit.tar"), &copy),
        Base::Log => copy_dir(&originals().join("log"), &copy),
    }
    fs::copy(originals().join("seen-checkpoint"), at.join("seen")).unwrap();
    (case.alter)(site, &alter::Dir::new(&copy));
    verify(case.base, &copy, &case.trust(site, at))
}

fn verify(base: Base, path: &Path, trust: &Trust) -> Report {
    match base {
        Base::Bundle => {
            let mut bundle = Bundle::open(path).expect("a bundle");
            let names = bundle.names();
            verify_bundle(&mut bundle, &names, trust).expect("readable")
        }
        Base::Log => verify_log(&LogDir::find(path).expect("a log"), trust).expect("readable"),
    }
}

fn unpack(tar: &Path, to: &Path) {
    let mut files = TarFiles::find(fs::File::open(tar).unwrap()).unwrap();
    let names: Vec<String> = files.names().map(str::to_owned).collect();
    for name in names {
        let path = to.join(&name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, files.read(&name, 1 << 20).unwrap().unwrap()).unwrap();
    }
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
