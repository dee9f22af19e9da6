//! Every form in every surrounding, made at test time from parts: no scanner, this one included, finds
//! a secret in this file.

use super::checksum::base62;
use super::token::SHAPES;
use super::*;

/// A small generator of numbers (`SplitMix64`), so that every run tests the same strings.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) & 0xffff_ffff).unwrap()
    }

    fn text(&mut self, alphabet: &str, length: usize) -> String {
        let alphabet = alphabet.as_bytes();
        (0..length).map(|_| char::from(alphabet[self.next() % alphabet.len()])).collect()
    }
}

const ALNUM: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const HEX: &str = "0123456789abcdef";

fn with_crc(random: &str) -> String {
    let check = base62(crc32fast::hash(random.as_bytes()));
    format!("{random}{}", std::str::from_utf8(&check).unwrap())
}

/// The body of a token of that prefix, as its issuer would make it; written apart from the table.
fn body(prefix: &str, numbers: &mut Numbers) -> String {
    match prefix {
        "ghp_" | "gho_" | "ghu_" | "ghs_" | "npm_" => with_crc(&numbers.text(ALNUM, 30)),
        "ghr_" => with_crc(&numbers.text(ALNUM, 70)),
        "github_pat_" => format!("{}_{}", numbers.text(ALNUM, 22), numbers.text(ALNUM, 59)),
        "cio" => format!("{}aB3", numbers.text(ALNUM, 29)),
        "cio_tp_" => {
            let random = numbers.text(ALNUM, 31);
            let sum = usize::from(random.bytes().fold(0, |sum, byte| sum ^ byte)) % 62;
            let order = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
            format!("{random}{}", order.get(sum..=sum).unwrap())
        }
        "oy2" => format!("{}7", numbers.text("abcdefghijklmnopqrstuvwxyz234567", 42)),
        "AKIA" | "ASIA" => numbers.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
        "AIza" => numbers.text(ALNUM, 35),
        "GOCSPX-" => numbers.text(ALNUM, 28),
        prefix if prefix.starts_with("pypi-") => numbers.text(ALNUM, 150),
        "rubygems_" => numbers.text(HEX, 48),
        prefix if prefix.starts_with("xox") || prefix == "xapp-" => {
            format!(
                "{}-{}-{}",
                numbers.text("0123456789", 12),
                numbers.text("0123456789", 13),
                numbers.text(ALNUM, 24)
            )
        }
        "sk-" => format!("{}{}{}{}", numbers.text(ALNUM, 20), "T3Blb", "kFJ", numbers.text(ALNUM, 20)),
        "sk-ant-" => format!("api03-{}AA", numbers.text(ALNUM, 93)),
        "SG." => format!("{}.{}", numbers.text(ALNUM, 22), numbers.text(ALNUM, 43)),
        "glsa_" => {
            let random = numbers.text(ALNUM, 32);
            let sum = crc32fast::hash(format!("glsa_{random}").as_bytes());
            format!("{random}_{sum:08x}")
        }
        "hf_" => numbers.text(LETTERS, 34),
        "r8_" => numbers.text(ALNUM, 37),
        "gsk_" => numbers.text(ALNUM, 52),
        "sk-or-v1-" | "dop_v1_" | "doo_v1_" | "dor_v1_" | "sntryu_" => numbers.text(HEX, 64),
        "shpat_" | "shpca_" | "shppa_" | "shpss_" | "dapi" => numbers.text(HEX, 32),
        "dckr_pat_" | "dckr_oat_" => numbers.text(ALNUM, 27),
        "pul-" | "sbp_" => numbers.text(HEX, 40),
        "lin_api_" => numbers.text(ALNUM, 40),
        "ntn_" => numbers.text(ALNUM, 46),
        "PMAK-" => format!("{}-{}", numbers.text(HEX, 24), numbers.text(HEX, 34)),
        "NRAK-" => numbers.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 27),
        "sq0csp-" | "dp.pt." | "pscale_tkn_" | "pscale_pw_" | "glptt-" => numbers.text(ALNUM, 43),
        "sq0atp-" => numbers.text(ALNUM, 22),
        "AKCp" => numbers.text(ALNUM, 69),
        "ATATT3" => numbers.text(ALNUM, 186),
        "AGE-SECRET-KEY-1" => numbers.text("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58),
        "sk_live_" | "sk_test_" | "rk_live_" | "rk_test_" => numbers.text(ALNUM, 99),
        "whsec_" => numbers.text(ALNUM, 32),
        "glagent-" | "gloas-" => numbers.text(ALNUM, 64),
        prefix if prefix.starts_with("gl") && prefix.ends_with('-') => numbers.text(ALNUM, 25),
        _ => numbers.text(ALNUM, 140),
    }
}

fn rules(path: &str, text: &str) -> Vec<Rule> {
    scan(path, text.as_bytes()).unwrap().into_iter().map(|found| found.rule).collect()
}

#[test]
fn every_form_is_found_in_every_surrounding() {
    let mut numbers = Numbers(1);
    let (mut tried, mut missed) = (0, Vec::new());
    for shape in SHAPES {
        for _ in 0..50 {
            let token = format!("{}{}", shape.prefix, body(shape.prefix, &mut numbers));
            let surroundings = [
                ("deploy.env", format!("A=1\nDEPLOY={token}\nB=2\n")),
                ("src/lib.rs", format!("const K: &str = \"{token}\";\n")),
                ("a.json", format!("{{\"a\":\"{token}\",\"b\":1}}")),
                ("a.yml", format!("run: curl -H 'X: {token}' https://h/\n")),
                ("notes.md", format!("Use `{token}`.")),
                ("log.txt", format!("\"text\\n{token}\\n\"")),
            ];
            for (path, text) in surroundings {
                tried += 1;
                if !rules(path, &text).contains(&Rule::Token) {
                    missed.push((shape.prefix, path));
                }
            }
        }
    }
    assert_eq!(tried, SHAPES.len() * 50 * 6);
    // six hexadecimal digits in a row are equal or count up once in some ten thousand
    assert!(missed.len() * 2000 <= tried, "{} of {tried} missed: {missed:?}", missed.len());
}

#[test]
fn a_wrong_checksum_is_no_token() {
    let mut numbers = Numbers(2);
    for prefix in ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "npm_", "cio_tp_", "glsa_"] {
        let mut token = format!("{prefix}{}", body(prefix, &mut numbers));
        let last = token.pop().unwrap();
        token.push(if last == '3' { '4' } else { '3' });
        assert!(rules("a.txt", &format!("x {token}\n")).is_empty(), "{prefix}");
    }
}

#[test]
fn a_token_within_a_longer_word_is_none() {
    let mut numbers = Numbers(3);
    let token = format!("ghp_{}", body("ghp_", &mut numbers));
    assert!(rules("a.txt", &format!("{token}x")).is_empty());
    assert!(rules("a.txt", &format!("x{token}")).is_empty());
}

#[test]
fn examples_of_the_documentation_are_no_tokens() {
    for parts in [["AKIA", "IOSFODNN7EXAMPLE"], ["ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"]] {
        assert!(rules("a.md", &format!("key: {}\n", parts.concat())).is_empty(), "{parts:?}");
    }
    assert!(rules("a.md", &format!("{}{}", "glpat-", "x".repeat(20))).is_empty());
    assert!(rules("a.md", &format!("{}{}", "glpat-", "abcdefghijklmnopqrst")).is_empty());
}

fn pem(label: &str, line_end: &str) -> String {
    let mut numbers = Numbers(4);
    let lines: Vec<String> = (0..4).map(|_| numbers.text(ALNUM, 64)).collect();
    let (begin, end) = (["-----BEGIN", label].join(" "), ["-----END", label].join(" "));
    format!("{begin}-----{line_end}{}{line_end}{end}-----{line_end}", lines.join(line_end))
}

#[test]
fn keys_in_examples_and_comments_are_samples() {
    assert_eq!(rules("examples/server.key", &pem("PRIVATE KEY", "\n")), [Rule::TestKey]);
    assert_eq!(rules("src/a.rs", &format!("/// {}", pem("PRIVATE KEY", "\n/// "))), [Rule::TestKey]);
    let text = "/// starts with `-----BEGIN EC PRIVATE KEY-----`.\nfn from_pem_with_a_callback_for_the_passphrase() {}\n";
    assert!(rules("src/a.rs", &text.repeat(8)).is_empty());
}

#[test]
fn private_keys_are_found_and_public_ones_and_bare_headers_are_not() {
    for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"] {
        assert_eq!(rules("server.key", &pem(label, "\n")), [Rule::PrivateKey], "{label}");
        assert_eq!(
            rules("account.json", &format!("{{\"k\":\"{}\"}}", pem(label, "\\n"))),
            [Rule::PrivateKey]
        );
        assert_eq!(rules("tests/server.key", &pem(label, "\r\n")), [Rule::TestKey], "{label}");
    }
    assert!(rules("a.pem", &pem("CERTIFICATE", "\n")).is_empty());
    assert!(rules("a.pem", &pem("PUBLIC KEY", "\n")).is_empty());
    assert!(rules("src/pem.rs", "const BEGIN: &str = \"-----BEGIN PRIVATE KEY-----\";\n").is_empty());
    assert!(rules("a.md", "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n").is_empty());
}

#[test]
fn assignments_are_found_in_the_ways_that_languages_write_them() {
    let key = Numbers(5).text(ALNUM, 32);
    let lines = [
        ("src/a.rs", format!("const API_KEY: &str = \"{key}\";")),
        ("src/a.rs", format!("let client_secret = String::from(\"{key}\");")),
        ("src/a.rs", format!("builder.api_key(\"{key}\")")),
        ("src/a.rs", format!("env.insert(\"ACCESS_TOKEN\", r\"{key}\")")),
        ("a.py", format!("config['secret'] = '{key}'")),
        ("a.js", format!("const authToken = `{key}`;")),
        ("a.json", format!("{{\"dbPassword\": \"{key}\"}}")),
        ("a.json", format!("\"{{\\\"token\\\": \\\"{key}\\\"}}\"")),
        ("a.yml", format!("  api-key: {key}")),
        (".env", format!("export AWS_SECRET_ACCESS_KEY={key}")),
        ("a.toml", format!("token = \"{key}\"")),
        ("a.ini", format!("password={key}")),
        ("a.rb", format!(":secret_key_base => '{key}'")),
        ("a.xml", format!("<password>{key}</password>")),
        (".npmrc", format!("//registry/:_authToken={key}")),
        ("a.sh", format!("curl -H 'Authorization: Bearer {key}'")),
        ("a.cs", format!("\"Endpoint=x;AccountKey={key}==;EndpointSuffix=y\"")),
    ];
    for (path, line) in &lines {
        assert_eq!(rules(path, line), [Rule::Assignment], "{path}: {line}");
    }
}

#[test]
fn of_random_keys_that_are_assigned_nearly_all_are_found() {
    let mut numbers = Numbers(20);
    for (alphabet, length) in [(ALNUM, 20), (ALNUM, 32), (ALNUM, 40), (HEX, 32), (HEX, 40), (HEX, 64)] {
        let missed = (0..1000).filter(|_| {
            let key = numbers.text(alphabet, length);
            rules("src/a.rs", &format!("const API_KEY: &str = \"{key}\";")).is_empty()
        });
        let missed = missed.count();
        assert!(missed <= 10, "{missed} of 1000 with {length} of {} characters", alphabet.len());
    }
}

#[test]
fn code_that_only_speaks_of_secrets_is_clean() {
    for (path, line) in [
        ("src/a.rs", "let token = self.next_token();"),
        ("src/a.rs", "let password = env::var(\"DATABASE_PASSWORD_V2\")?;"),
        ("src/a.rs", "if token == \"Zq8f3Lk2Vx9Tn4Bw7Rm1\" {}"),
        ("src/a.rs", "const TOKEN_TYPE: &str = \"Zq8f3Lk2Vx9Tn4Bw7Rm1\";"),
        ("src/a.rs", "form(\"Some token\", \"Zq8f3Lk2Vx9Tn4Bw7Rm1\")"),
        ("src/a.rs", "pub const SN_REV_PASSPHRASE: &[u8; 20] = b\"id-it-revPassphrase\\0\";"),
        ("src/a.rs", "const SERVICE_PASSWORD: &str = \"_SA_{262E99C9-6160-4871-ACEC-4E61736B6F21}\";"),
        ("a.md", "[b]: https://h/badge?logo=x&style=flat-square&token=BAQ8SOKEST&color=C43AC3"),
        ("a.yml", "password: ${{ secrets.DB_PASSWORD_1 }}"),
        ("a.yml", "token: $CI_JOB_TOKEN_2024"),
        ("a.toml", "checksum = \"9f86d081884c7d659a2feaa0c55ad0159f86d081884c7d659a2feaa0c55ad015\""),
        ("a.md", "api_key: your-api-key-here-123456789"),
        ("a.json", "{\"token\": \"3f2504e0-4f89-11d3-9a0c-0305e82c3301\"}"),
        ("a.json", "{\"password\": \"password\"}"),
        ("a.txt", "postgres://user:password@db.internal/x"),
        ("a.txt", "https://host:8080/path@1.2.3"),
    ] {
        assert!(rules(path, line).is_empty(), "{path}: {line}");
    }
}

#[test]
fn an_assignment_in_test_code_is_the_tests_own() {
    let key = Numbers(6).text(ALNUM, 32);
    let inside = format!("#[cfg(test)]\nmod tests {{\n    const TOKEN: &str = \"{key}\";\n}}\n");
    assert!(rules("src/lib.rs", &inside).is_empty());
    assert_eq!(rules("src/lib.rs", &format!("const TOKEN: &str = \"{key}\";\n")), [Rule::Assignment]);
    assert!(rules("tests/it.rs", &format!("const TOKEN: &str = \"{key}\";\n")).is_empty());
}

#[test]
fn a_password_in_an_address_is_found() {
    let password = Numbers(7).text(ALNUM, 20);
    let found = scan("a.txt", format!("postgres://app:{password}@db.internal:5432/x").as_bytes()).unwrap();
    assert_eq!(found[0].rule, Rule::Address);
    assert_eq!((found[0].line, found[0].column), (1, 16));
}

#[test]
fn a_signed_web_token_is_found_and_the_example_of_the_standard_is_not() {
    let part = |seed, length| Numbers(seed).text(ALNUM, length);
    let token = format!("eyJ{}.eyJ{}.{}", part(8, 33), part(9, 60), part(10, 43));
    assert_eq!(rules("a.txt", &format!("x={token}\n")), [Rule::Jwt]);
    assert!(
        rules(
            "a.txt",
            &format!("eyJ{}.eyJzdWIiOiIxMjM0NTY3ODkw{}.{}", part(8, 33), part(9, 40), part(10, 43))
        )
        .is_empty()
    );
}

#[test]
fn a_bearer_token_is_exempt_where_other_values_are_and_a_signed_one_is_judged_as_such() {
    let part = |seed, length| Numbers(seed).text(ALNUM, length);
    let line = format!("curl -H 'Authorization: Bearer {}'\n", part(14, 32));
    assert_eq!(rules("deploy.sh", &line), [Rule::Assignment]);
    assert!(rules("tests/data/call.sh", &line).is_empty());
    let header = "Authorization: Bearer ";
    let signed = format!("{header}eyJ{}.eyJ{}.{}\n", part(15, 33), part(16, 60), part(17, 43));
    assert_eq!(rules("README.md", &signed), [Rule::Jwt]);
    let sample =
        format!("{header}eyJ{}.eyJzdWIiOiIxMjM0NTY3ODkw{}.{}\n", part(15, 33), part(16, 40), part(17, 43));
    assert!(rules("README.md", &sample).is_empty());
    let sealed = format!("{header}eyJ{}..{}.{}.{}\n", part(15, 33), part(16, 16), part(17, 40), part(18, 22));
    assert_eq!(rules("README.md", &sealed), [Rule::Assignment], "an encrypted one");
}

#[test]
fn nothing_that_is_told_holds_a_value() {
    let mut numbers = Numbers(11);
    let values: Vec<String> = (0..3).map(|_| numbers.text(ALNUM, 32)).collect();
    let token = body("ghp_", &mut numbers);
    let text = format!(
        "a\ntoken={} password={} x\nexport T=ghp_{token}\npostgres://u:{}@h.internal/\n",
        values[0], values[1], values[2]
    );
    let found = scan("a.env", text.as_bytes()).unwrap();
    assert_eq!(found.len(), 4);
    let told = format!("{found:?}");
    for value in values.iter().chain([&token]) {
        assert!(!told.contains(value.get(..8).unwrap()), "{told}");
    }
    assert_eq!(found[0].masked.as_ref().unwrap().0, "token=********");
    assert_eq!(found[1].masked, None, "another value stands before it");
    assert_eq!(found[2].masked.as_ref().unwrap().0, "export T=ghp_********");
    assert_eq!((found[2].line, found[2].column), (3, 10));
}

#[test]
fn the_digest_tells_values_apart_and_is_too_short_to_find_them_by() {
    let line = |seed| format!("token = \"{}\"\n", Numbers(seed).text(ALNUM, 32));
    let digest = |text: &str| scan("a.toml", text.as_bytes()).unwrap()[0].digest.clone();
    assert_ne!(digest(&line(12)), digest(&line(13)));
    assert_eq!(digest(&line(12)).len(), 4);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_scanned(bytes: Vec<u8>, path: String) {
        let _ = scan(&path, &bytes).unwrap();
    }

    #[test]
    fn any_text_around_the_words_is_scanned(text in "(password|token|eyJ|://|-----BEGIN |ghp_|Bearer |[\"'=:,(){}\\\\a-zA-Z0-9 \n]){0,80}") {
        let _ = scan("src/a.rs", text.as_bytes()).unwrap();
        let _ = scan("a.env", text.as_bytes()).unwrap();
    }
}
