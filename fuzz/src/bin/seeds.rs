//! Writes the seeds of a target into a folder: `seeds TARGET FOLDER`.

use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let [target, folder] = words.as_slice() else {
        eprintln!("seeds TARGET FOLDER: writes what the target begins with, one file each");
        return ExitCode::from(2);
    };
    let seeds = helpline_fuzz::seeds(target);
    if seeds.is_empty() {
        eprintln!("{target} is no target, or has no seeds");
        return ExitCode::FAILURE;
    }
    let written = fs::create_dir_all(folder).and_then(|()| {
        seeds.iter().try_for_each(|seed| fs::write(format!("{folder}/{}", seed.name), &seed.data))
    });
    if let Err(error) = written {
        eprintln!("{folder}: {error}");
        return ExitCode::FAILURE;
    }
    println!("{} seeds of {target}", seeds.len());
    ExitCode::SUCCESS
}
