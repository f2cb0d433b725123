//! Replays every input that is kept, on stable Rust: what was found once is never found again.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use helpline_fuzz::{Seed, TARGETS, Target, seeds};

fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The inputs of a target: what it begins with, and what was found.
fn inputs(target: &Target) -> Vec<Seed> {
    let corpus = fs::read_dir(home().join("corpus").join(target.name)).into_iter().flatten().flatten();
    let mut found: Vec<Seed> = corpus
        .map(|file| Seed {
            name: file.path().display().to_string(),
            data: fs::read(file.path()).expect("a readable input"),
        })
        .collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    let mut inputs = seeds(target.name);
    assert!(inputs.len() >= 3, "{} begins with {inputs:?}", target.name);
    inputs.extend(found);
    inputs
}

#[test]
fn every_kept_input_passes() {
    for target in TARGETS {
        let inputs = inputs(target);
        for input in &inputs {
            println!("{}", input.name);
            (target.body)(&input.data);
        }
        println!("{}: {} inputs", target.name, inputs.len());
    }
}

/// What is cut short anywhere, or has a byte changed anywhere, is as harmless.
#[test]
fn every_kept_input_cut_or_bent_passes() {
    for target in TARGETS {
        for Seed { name, data } in inputs(target) {
            println!("{name}");
            for part in 1..8 {
                let at = data.len() * part / 8;
                (target.body)(&data[..at]);
                let mut bent = data.clone();
                if let Some(byte) = bent.get_mut(at) {
                    *byte ^= 1 << part;
                    (target.body)(&bent);
                }
            }
        }
    }
}

#[test]
fn every_target_has_a_binary_of_three_lines_a_corpus_and_a_dictionary() {
    let manifest = fs::read_to_string(home().join("Cargo.toml")).expect("a manifest");
    let mut files: BTreeSet<String> = fs::read_dir(home().join("targets"))
        .expect("the targets")
        .flatten()
        .map(|file| file.file_name().to_string_lossy().into_owned())
        .collect();
    for target in TARGETS {
        let name = target.name;
        let text = fs::read_to_string(home().join(format!("targets/{name}.rs"))).expect("a target");
        assert_eq!(text.lines().count(), 3, "{name}");
        assert!(text.contains(&format!("helpline_fuzz::{name}(data)")), "{name} runs another body");
        assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"targets/{name}.rs\"")), "{name}");
        let dictionary = home().join("dictionaries").join(format!("{}.dict", target.dictionary));
        assert!(dictionary.exists(), "{} is not there", dictionary.display());
        files.remove(&format!("{name}.rs"));
    }
    assert_eq!(files, BTreeSet::new(), "targets that are in no list");
    assert!(TARGETS.len() >= 12);
}
