#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| helpline_fuzz::emulator_amazon_connect_requests(data));
