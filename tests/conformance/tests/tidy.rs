//! The layout keeps what it promises: small rooms, no dead files, a README that is true.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Lines that a file may have.
const MOST_LINES: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

/// Every Rust file of the workspace that is ours.
fn rust_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for top in ["protocol", "runtime-smol", "runtime-tokio", "tests", "fuzz"] {
        collect(&root().join(top), &mut found);
    }
    found.sort();
    assert!(found.len() > 50, "the workspace was not found");
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "target" && name != "node_modules" && name != "corpus" {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[test]
fn no_file_outgrows_its_room() {
    let mut long = Vec::new();
    for path in rust_files() {
        let lines = fs::read_to_string(&path).expect("a file").lines().count();
        if lines > MOST_LINES {
            long.push(format!("{} has {lines} lines", shown(&path)));
        }
    }
    assert!(long.is_empty(), "look for the seam in: {long:#?}");
}

#[test]
fn no_file_is_dead() {
    let mut dead = Vec::new();
    for path in rust_files() {
        if !is_root(&path) && !is_declared(&path) {
            dead.push(shown(&path));
        }
    }
    assert!(dead.is_empty(), "no `mod` declares: {dead:#?}");
}

/// A file that cargo finds by itself.
fn is_root(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    let is_package =
        path.parent().and_then(Path::parent).is_some_and(|package| package.join("Cargo.toml").exists());
    matches!(&*name, "lib.rs" | "main.rs")
        || (matches!(&*folder, "tests" | "benches" | "examples" | "targets") && is_package)
}

/// Whether the file that would declare this one does.
fn is_declared(path: &Path) -> bool {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = path.parent().expect("a folder");
    let (module, home) = if stem == "mod" {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name, folder.parent().expect("a folder"))
    } else {
        (stem, folder)
    };
    let beside = home.with_extension("rs");
    let mut parents = vec![home.join("mod.rs"), home.join("lib.rs"), home.join("main.rs"), beside];
    // An integration test is a root of its own, with its modules in the same folder or one of its name.
    parents.extend(fs::read_dir(home).into_iter().flatten().flatten().map(|entry| entry.path()));
    parents.iter().filter(|parent| *parent != path).any(|parent| {
        let text = fs::read_to_string(parent).unwrap_or_default();
        text.lines().any(|line| {
            let line = line.trim();
            let rest = line.strip_suffix(';').and_then(|line| line.split_once("mod "));
            rest.is_some_and(|(before, name)| {
                name == module && (before.is_empty() || before.starts_with("pub"))
            })
        })
    })
}

/// What a file of an adapter's makes public, without the name of its runtime.
fn public_names(path: &str, runtime: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(path)).expect("a file");
    let mut names = BTreeSet::new();
    for item in text.split("\npub ").skip(1) {
        let (kind, rest) = item.split_once(' ').expect("a name");
        let item = match kind {
            "use" => rest.split(';').next().unwrap_or_default(),
            _ => rest.split(['(', '<', ' ', ';']).next().unwrap_or_default(),
        };
        let list = item.rsplit_once("::{").map_or(item, |(_, list)| list.trim_end_matches('}'));
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let name = name.rsplit("::").next().unwrap_or(name);
            names.insert(name.replace(runtime, ""));
        }
    }
    names
}

#[test]
fn both_adapters_have_the_same_names() {
    for file in ["lib.rs", "files.rs"] {
        let tokio = public_names(&format!("runtime-tokio/src/{file}"), "Tokio");
        let mut smol = public_names(&format!("runtime-smol/src/{file}"), "Smol");
        // Tokio's clock can be paused by itself, and hyper's connections are nobody's business.
        for own in ["PausedClock", "Connector"] {
            smol.remove(own);
        }
        assert!(tokio.len() > 5, "{tokio:?}");
        assert_eq!(tokio, smol, "{file}");
    }
}

#[test]
fn the_top_level_holds_what_it_should() {
    let allowed = ["Cargo.toml", "Cargo.lock", "README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"];
    let folders = ["protocol", "runtime-tokio", "runtime-smol", "fuzz", "tests", "target"];
    for entry in fs::read_dir(root()).expect("the workspace").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let fine = name.starts_with('.') || allowed.contains(&&*name) || folders.contains(&&*name);
        assert!(fine, "{name} does not belong at the top");
    }
}

#[test]
fn the_picture_in_the_readme_is_the_table_in_the_code() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let start = readme.find("```mermaid\n").expect("a picture") + "```mermaid\n".len();
    let end = start + readme[start..].find("```").expect("its end");
    assert_eq!(&readme[start..end], helpline_protocol::link_chart::diagram());
}

#[test]
fn the_readme_names_only_files_that_exist() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let mut named = 0;
    for piece in readme.split('`') {
        let is_path = piece.ends_with(".rs") || piece.ends_with(".sh") || piece.starts_with("protocol/");
        if is_path && !piece.contains(char::is_whitespace) {
            assert!(root().join(piece).exists(), "{piece} does not exist");
            named += 1;
        }
    }
    assert!(named >= 3, "the README tells where to look");
}
