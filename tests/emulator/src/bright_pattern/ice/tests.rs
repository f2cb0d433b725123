use super::*;

/// The dossier has a ciphertext that the widget's own recipe opens: ours is the same, byte for byte.
#[test]
fn sealed_as_the_dossier_has_it() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/bright-pattern/http/iceservers-encrypted.json");
    let fixture: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let expected = fixture["response"]["body_text"].as_str().unwrap();
    let bytes = STANDARD.decode(expected).unwrap();
    let front: [u8; SALT + NONCE] = bytes[..SALT + NONCE].try_into().unwrap();
    let chat_id = fixture["request"]["query"]["sessionId"].as_str().unwrap();
    // What is inside is JSON with the members in the order that the dossier's author wrote them.
    let length = bytes.len() - front.len() - AES_256_GCM.tag_len();
    let mut inside = bytes[front.len()..].to_vec();
    let mut key = [0; 32];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, &front[..SALT], chat_id.as_bytes(), &mut key);
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap());
    let nonce = Nonce::try_assume_unique_for_key(&front[SALT..]).unwrap();
    let opened = key.open_in_place(nonce, Aad::empty(), &mut inside).unwrap();
    assert_eq!(opened.len(), length);
    let read: Value = serde_json::from_slice(opened).unwrap();
    assert_eq!(read, fixture["response"]["decrypted"]);
    assert_eq!(read, servers());
    assert_eq!(seal(chat_id, front, opened.to_vec()).as_deref(), Some(expected));
}
