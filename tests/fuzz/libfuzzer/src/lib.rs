//! The two kinds of fuzz targets. What they do is in `tests/fuzz`; see `README.md` for how to run them.

#[doc(hidden)]
pub use {bellwire_tests_fuzz, libfuzzer_sys};

/// A target whose input is bytes.
#[macro_export]
macro_rules! bytes {
    ($name:literal) => {
        $crate::libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::run($name, data));
    };
}

/// A target whose input is lines of JSON.
#[macro_export]
macro_rules! lines {
    ($name:literal) => {
        $crate::libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::run($name, data));
        $crate::libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            $crate::bellwire_tests_fuzz::mutate_lines(
                data,
                size,
                max_size,
                seed,
                $crate::libfuzzer_sys::fuzzer_mutate,
            )
        });
    };
}

/// Runs the target of that name.
///
/// # Panics
/// There is none, or it found something.
pub fn run(name: &str, data: &[u8]) {
    let target = bellwire_tests_fuzz::Target::of(name);
    (target.unwrap_or_else(|| panic!("no target {name:?} in this build")).run)(data);
}
