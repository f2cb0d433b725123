#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| helpline_fuzz::emulator_bright_pattern_requests(data));
