//! Smoke test of the fuzz targets: plays each its first inputs, whole, cut short and mutated a little. The
//! fuzzer itself is in `tests/fuzz/libfuzzer`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bellwire_tests_fuzz::{Seeds, TARGETS, Target, mutate_lines};

/// Rounds of mutation per input.
const ROUNDS: u32 = 20;

fn tests() -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this")).join("..")
}

fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let own = tests().join("fuzz/seeds").join(target.name);
    let folders = match target.seeds {
        Seeds::Transcripts(dialect) => vec![tests().join("transcripts").join(dialect), own],
        Seeds::Own => vec![own],
    };
    let files = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
    files.map(|file| std::fs::read(file.expect("a listed file").path()).expect("a readable file")).collect()
}

#[test]
fn every_target_bears_its_first_inputs_and_what_is_near_them() {
    for target in TARGETS {
        let seeds = seeds(target);
        assert!(!seeds.is_empty(), "{} has no inputs", target.name);
        for seed in &seeds {
            (target.run)(seed);
            (target.run)(&seed[..seed.len() / 2]);
            let mut bytes = seed.clone();
            for round in 0..ROUNDS {
                let room = (seed.len() * 2).max(64);
                bytes.resize(room, 0);
                let size =
                    mutate_lines(&mut bytes, seed.len().min(room), room, round * 977 + 1, |_, size, _| size);
                (target.run)(&bytes[..size]);
                if let Some(byte) = bytes.get_mut(round as usize * 31 % room) {
                    *byte ^= 1 << (round % 8);
                }
                (target.run)(&bytes[..size]);
            }
        }
        (target.run)(&[]);
    }
}

#[test]
fn every_target_has_a_file_for_the_fuzzer() {
    let folder = tests().join("fuzz/libfuzzer/fuzz_targets");
    let files: BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let names: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(files, names);
}
