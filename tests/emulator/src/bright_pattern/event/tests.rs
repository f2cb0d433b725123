use super::*;

#[test]
fn html_and_back() {
    for text in ["a & b < c > d \"e\"", "two\nlines", "&amp; is written &amp;amp;", "plain", ""] {
        assert_eq!(to_text(&to_html(text)), text);
    }
    assert_eq!(to_html("1 < 2\n&"), "1 &lt; 2<br>&amp;");
}

#[test]
fn tags_fall_away() {
    assert_eq!(
        to_text("See <a href=\"https://acme.example/t/1\">this page</a><br/>bye"),
        "See this page\nbye"
    );
    assert_eq!(to_text("it&#39;s AT&T, 1 < 2"), "it's AT&T, 1 < 2");
    assert_eq!(to_text("&nbsp;x"), "&nbsp;x");
}
