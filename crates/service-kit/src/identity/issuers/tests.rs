use super::*;

fn parse(text: &str) -> Result<Issuers, String> {
    Issuers::parse(text, Path::new("/etc/huishang"), "huishang/main")
}

fn issuer(name: &str, rest: &str) -> String {
    format!("[[issuer]]\nissuer = '{name}'\njwks_file = 'keys.json'\n{rest}\n")
}

#[test]
fn an_issuer_has_its_keys_and_its_audience() {
    let read = parse(&format!(
        "{}[[issuer]]\nissuer = 'b'\naudience = 'own'\njwks_url = 'https://b.example/jwks'\nca_file = 'b.pem'\n\
         subject_prefix = 'b:'\n",
        issuer("a", "")
    ));
    let issuers = read.unwrap().issuers;
    assert_eq!(issuers[0].source, KeySource::File("/etc/huishang/keys.json".into()));
    assert_eq!(issuers[0].audience, "huishang/main");
    assert_eq!(issuers[0].mapping.foreign_prefixes, ["b:"]);
    let (url, ca_file) = ("https://b.example/jwks".to_owned(), Some("/etc/huishang/b.pem".into()));
    assert_eq!((&issuers[1].source, issuers[1].audience.as_str()), (&KeySource::Url { url, ca_file }, "own"));
}

#[test]
fn no_two_issuers_can_name_the_same_person() {
    for prefixes in [["", ""], ["a:", "a:"], ["a", "ab"], ["ab", "a"]] {
        let [one, two] = prefixes.map(|prefix| format!("subject_prefix = '{prefix}'"));
        let refused = parse(&(issuer("x", &one) + &issuer("y", &two))).unwrap_err();
        assert!(refused.contains("could name the same person"), "{prefixes:?}: {refused}");
    }
    let read = parse(&(issuer("x", "") + &issuer("y", "subject_prefix = 'y:'"))).unwrap();
    let named = |at: usize, subject: &str| {
        read.issuers[at].mapping.actor(&serde_json::json!({"sub": subject})).map(|actor| actor.subject)
    };
    assert_eq!(named(1, "li"), Ok("y:li".into()));
    assert!(named(0, "y:li").unwrap_err().contains("another issuer's"));
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_the_entry() {
    for (text, why) in [
        (String::new(), "nobody"),
        ("[[issuer]]\nissuer = 'a'\n".into(), "either jwks_file or jwks_url"),
        (issuer("a", "jwks_url = 'https://x/y'"), "either jwks_file or jwks_url"),
        ("[[issuer]]\nissuer = 'a'\njwks_url = 'http://x.example/y'\n".into(), "must begin with https://"),
        (issuer("a", "") + &issuer("a", "subject_prefix = 'b'"), "there twice"),
        (issuer("a", "audiense = 'x'"), "audiense"),
        (issuer("a", "[[issuer.group]]\nname = 'g'"), "claims.groups"),
        (
            issuer("a", "[issuer.claims]\ngroups = 'g'\n[[issuer.group]]\nname = 'g'\nroles = ['boss']"),
            "\"boss\" is no role",
        ),
        ("[[certificate]]\nname = 'c'\nsubject = 'process:x'\nroles = []\n".into(), "certificate \"c\""),
    ] {
        let refused = parse(&text).unwrap_err();
        assert!(refused.contains(why), "{text}: {refused}");
    }
}
