#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| helpline_fuzz::amazon_connect_templates(data));
