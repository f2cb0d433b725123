use super::*;

#[test]
fn names_that_are_fine_stay() {
    for name in
        ["a", "receipt.pdf", "Grüße an Æ.tar.gz", "with space (1).txt", "写真.jpg", "a.b.c", "COMMA", "com10"]
    {
        assert_eq!(sanitised(name), name);
    }
}

#[test]
fn nothing_leads_out_of_the_folder() {
    for name in [
        "/etc/passwd",
        "..",
        "../x",
        "..\\x",
        "C:\\x",
        "c:x",
        "a/../../b",
        ".",
        "",
        "~/x",
        "x\0.txt",
        "file://x",
        "x:stream",
    ] {
        let clean = sanitised(name);
        assert!(!clean.contains(['/', '\\', ':', '\0']), "{name:?} became {clean:?}");
        assert!(!clean.starts_with('.') && !clean.is_empty(), "{name:?} became {clean:?}");
    }
}

#[test]
fn nothing_is_hidden_reserved_or_disguised() {
    let cases = [
        (".bashrc", "bashrc"),
        ("...a", "a"),
        (" a.txt ", "a.txt"),
        ("a.txt.", "a.txt"),
        ("con", "_con"),
        ("Com1.log", "_Com1.log"),
        ("lpt³", "_lpt³"),
        ("nul .txt", "_nul .txt"),
        ("line\nbreak\t.txt", "line_break_.txt"),
        ("exe\u{202e}fdp.exe", "exe_fdp.exe"),
        ("a?b*c<d>e|f\"g", "a_b_c_d_e_f_g"),
        ("...", "attachment"),
        ("\u{3000}", "attachment"),
    ];
    for (name, clean) in cases {
        assert_eq!(sanitised(name), clean, "{name:?}");
    }
}

#[test]
fn long_names_are_cut_before_their_extension_and_between_characters() {
    let clean = sanitised(&format!("{}.pdf", "é".repeat(1000)));
    assert!(clean.ends_with("é.pdf") && clean.len() <= LONGEST, "{clean}");
    assert!(clean.len() > LONGEST - 4);
    let clean = sanitised(&"x".repeat(1000));
    assert_eq!(clean, "x".repeat(LONGEST));
    let clean = sanitised(&format!("a.{}", "x".repeat(1000)));
    assert_eq!(clean.len(), LONGEST);
    let clean = sanitised(&format!("a{}b.txt", ".".repeat(1000)));
    assert_eq!(clean, "a.txt");
}

#[test]
fn cleaning_twice_changes_nothing() {
    for name in ["../../.ssh/config", " . con.txt. ", "CON", "\u{202e}", &"é. ".repeat(500), "a\\b", ". .x"]
    {
        let clean = sanitised(name);
        assert_eq!(sanitised(&clean), clean, "{name:?}");
        assert!(clean.len() <= LONGEST + 1, "{name:?}");
    }
}

#[test]
fn a_number_stands_before_the_extension() {
    assert_eq!(numbered("a.txt", 1), "a (1).txt");
    assert_eq!(numbered("a", 12), "a (12)");
    assert_eq!(numbered("a.tar.gz", 2), "a.tar (2).gz");
}
