use super::*;

#[test]
fn a_text_is_escaped_and_comes_back() {
    for (text, html) in [
        ("Hello", "Hello"),
        ("a < b & c\nnext line", "a &lt; b &amp; c<br>next line"),
        ("\"it's\" 2 > 1\r\n", "&quot;it&#39;s&quot; 2 &gt; 1<br>"),
        ("é 😀", "é 😀"),
        ("", ""),
    ] {
        assert_eq!(to_html(text), html);
        assert_eq!(to_text(html), text.replace('\r', "").trim_end_matches('\n'), "{html}");
    }
}

#[test]
fn of_html_only_the_text_is_left() {
    for (html, text) in [
        (
            "See <a href=\"https://acme.example/t/1\">this page</a><br>Thanks &amp; bye",
            "See this page\nThanks & bye",
        ),
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("<DIV>One<BR/>Two</DIV>", "One\nTwo"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<b>Urgent</b>", "Urgent"),
        ("&#128512;&#x1F600;&nbsp;&quot;&apos;", "😀😀 \"'"),
        // What is no tag and no entity stays.
        ("1 < 2 & 3 &unknown; &#xZZ; &#1114112;", "1 < 2 & 3 &unknown; &#xZZ; &#1114112;"),
        ("a <", "a <"),
        ("a &", "a &"),
        ("<!-- said nothing -->x", "x"),
        ("plain", "plain"),
    ] {
        assert_eq!(to_text(html), text, "{html}");
    }
}
