//! Bugs planted in a copy of the core are caught: see `planted/run.sh` beside the tests.

use std::path::Path;
use std::process::Command;

#[test]
#[ignore = "builds the core once for each bug: some minutes"]
fn every_planted_bug_is_caught() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("planted/run.sh");
    let run = Command::new("sh").arg(script).output().expect("a shell");
    println!("{}", String::from_utf8_lossy(&run.stdout));
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

/// The patches still fit the code: a script that plants nothing catches nothing.
#[test]
fn the_patches_fit_the_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("planted");
    let root = folder.join("../../..");
    let mut names = 0;
    for entry in std::fs::read_dir(&folder).expect("the folder of the patches") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|end| end == "patch") {
            names += 1;
            fits(&path, &root);
        }
    }
    assert_eq!(names, 5, "skip dedupe, reset backoff, forget a deadline, drop a frame, reuse a token");
}

/// What a patch takes out stands in the file just as it says.
fn fits(patch: &Path, root: &Path) {
    let text = std::fs::read_to_string(patch).expect("the patch");
    let file = text.lines().find_map(|line| line.strip_prefix("--- a/")).expect("the file's name");
    let code = std::fs::read_to_string(root.join(file)).expect("the file");
    let hunk = text.lines().skip_while(|line| !line.starts_with("@@")).skip(1);
    let before: String =
        hunk.filter(|line| line.starts_with([' ', '-'])).map(|line| format!("{}\n", &line[1..])).collect();
    assert!(code.contains(&before), "{} does not fit {file} any more", patch.display());
}
