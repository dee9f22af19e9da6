//! The forms of tokens, from what their issuers publish about them. Our own table: prefixes are facts.

use std::ops::Range;

use super::checksum::{crc32_base62, grafana, xor_last};
use super::plausible::is_random;

/// The characters of a token's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// Letters and digits.
    Alnum,
    /// Letters, digits, `_`, `-`: base64 for addresses.
    Url,
    /// The same and `.`.
    Dotted,
    /// Small hexadecimal digits.
    Hex,
    /// Capitals and the digits 2 to 7: base 32.
    Base32,
    /// Capitals and digits.
    Upper,
    /// Letters, digits, `+`, `/`, `=`: base64.
    Base64,
}

impl Alphabet {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
            Self::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::Base32 => matches!(byte, b'A'..=b'Z' | b'2'..=b'7'),
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
        }
    }

    fn size(self) -> usize {
        match self {
            Self::Alnum => 62,
            Self::Url | Self::Base64 => 64,
            Self::Dotted => 65,
            Self::Hex => 16,
            Self::Base32 => 32,
            Self::Upper => 36,
        }
    }
}

/// The form of one kind of token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Whose it is, for people.
    pub(super) name: &'static str,
    /// How it starts.
    pub(super) prefix: &'static str,
    alphabet: Alphabet,
    /// How many characters follow the prefix: the least and the most.
    length: (usize, usize),
    /// What else holds of them.
    check: fn(&[u8]) -> bool,
}

const fn shape(
    name: &'static str,
    prefix: &'static str,
    alphabet: Alphabet,
    length: (usize, usize),
) -> Shape {
    Shape { name, prefix, alphabet, length, check: any }
}

const fn checked(shape: Shape, check: fn(&[u8]) -> bool) -> Shape {
    Shape { check, ..shape }
}

fn any(_: &[u8]) -> bool {
    true
}

use Alphabet::{Alnum, Base32, Base64, Dotted, Hex, Upper, Url};

/// Every form that is known.
pub(super) const SHAPES: &[Shape] = &[
    checked(shape("GitHub personal access token", "ghp_", Alnum, (36, 36)), crc32_base62),
    checked(shape("GitHub OAuth token", "gho_", Alnum, (36, 36)), crc32_base62),
    checked(shape("GitHub user token", "ghu_", Alnum, (36, 36)), crc32_base62),
    checked(shape("GitHub installation token", "ghs_", Dotted, (36, 1024)), github_installation),
    checked(shape("GitHub refresh token", "ghr_", Alnum, (36, 76)), github_refresh),
    checked(shape("GitHub fine-grained token", "github_pat_", Url, (82, 82)), github_fine_grained),
    checked(shape("npm access token", "npm_", Alnum, (36, 36)), crc32_base62),
    checked(shape("Rust registry token", "cio", Alnum, (32, 32)), mixed),
    checked(shape("Rust registry publishing token", "cio_tp_", Alnum, (32, 32)), xor_last),
    shape("PyPI token", "pypi-AgEIcHlwaS5vcmc", Url, (50, 512)),
    shape("TestPyPI token", "pypi-AgENdGVzdC5weXBpLm9yZw", Url, (50, 512)),
    shape("RubyGems key", "rubygems_", Hex, (48, 48)),
    checked(shape("NuGet key", "oy2", Alnum, (43, 43)), lower),
    shape("AWS access key", "AKIA", Base32, (16, 16)),
    shape("AWS temporary access key", "ASIA", Base32, (16, 16)),
    shape("AWS bearer key", "ABSK", Base64, (109, 269)),
    shape("Google API key", "AIza", Url, (35, 35)),
    shape("Google OAuth secret", "GOCSPX-", Url, (28, 28)),
    shape("Google OAuth token", "ya29.", Url, (60, 1024)),
    shape("GitLab personal access token", "glpat-", Dotted, (20, 300)),
    shape("GitLab deploy token", "gldt-", Dotted, (20, 300)),
    shape("GitLab runner token", "glrt-", Dotted, (20, 300)),
    shape("GitLab pipeline trigger token", "glptt-", Dotted, (40, 300)),
    shape("GitLab job token", "glcbt-", Dotted, (20, 300)),
    shape("GitLab agent token", "glagent-", Dotted, (50, 300)),
    shape("GitLab OAuth secret", "gloas-", Dotted, (64, 300)),
    shape("GitLab feed token", "glft-", Dotted, (20, 300)),
    shape("GitLab SCIM token", "glsoat-", Dotted, (20, 300)),
    shape("GitLab mail token", "glimt-", Dotted, (25, 300)),
    checked(shape("Slack bot token", "xoxb-", Url, (20, 255)), numbered),
    checked(shape("Slack user token", "xoxp-", Url, (20, 255)), numbered),
    checked(shape("Slack token", "xoxa-", Url, (20, 255)), numbered),
    checked(shape("Slack token", "xoxr-", Url, (20, 255)), numbered),
    checked(shape("Slack token", "xoxs-", Url, (20, 255)), numbered),
    checked(shape("Slack configuration token", "xoxe-", Url, (20, 255)), numbered),
    checked(shape("Slack app token", "xapp-", Url, (40, 255)), numbered),
    shape("Stripe secret key", "sk_live_", Alnum, (24, 247)),
    shape("Stripe test key", "sk_test_", Alnum, (24, 247)),
    shape("Stripe restricted key", "rk_live_", Alnum, (24, 247)),
    shape("Stripe restricted test key", "rk_test_", Alnum, (24, 247)),
    shape("Stripe webhook secret", "whsec_", Base64, (32, 64)),
    checked(shape("OpenAI key", "sk-", Url, (40, 250)), openai),
    shape("Anthropic key", "sk-ant-", Url, (80, 140)),
    shape("OpenRouter key", "sk-or-v1-", Hex, (64, 64)),
    shape("Hugging Face token", "hf_", Alnum, (34, 40)),
    shape("Replicate token", "r8_", Alnum, (37, 37)),
    shape("Groq key", "gsk_", Alnum, (52, 52)),
    checked(shape("SendGrid key", "SG.", Dotted, (66, 66)), sendgrid),
    shape("DigitalOcean token", "dop_v1_", Hex, (64, 64)),
    shape("DigitalOcean OAuth token", "doo_v1_", Hex, (64, 64)),
    shape("DigitalOcean refresh token", "dor_v1_", Hex, (64, 64)),
    shape("Shopify access token", "shpat_", Hex, (32, 32)),
    shape("Shopify app token", "shpca_", Hex, (32, 32)),
    shape("Shopify private app token", "shppa_", Hex, (32, 32)),
    shape("Shopify shared secret", "shpss_", Hex, (32, 32)),
    shape("Databricks token", "dapi", Hex, (32, 32)),
    shape("Docker Hub token", "dckr_pat_", Url, (27, 36)),
    shape("Docker Hub organisation token", "dckr_oat_", Url, (27, 36)),
    shape("Vault token", "hvs.", Url, (90, 300)),
    shape("Vault batch token", "hvb.", Url, (130, 300)),
    shape("Grafana cloud token", "glc_eyJ", Base64, (32, 400)),
    checked(shape("Grafana service token", "glsa_", Url, (41, 41)), grafana),
    shape("Linear key", "lin_api_", Alnum, (40, 40)),
    shape("Notion token", "ntn_", Alnum, (43, 47)),
    shape("Postman key", "PMAK-", Url, (59, 59)),
    shape("Pulumi token", "pul-", Hex, (40, 40)),
    shape("New Relic key", "NRAK-", Upper, (27, 27)),
    shape("Sentry user token", "sntryu_", Hex, (64, 64)),
    shape("Sentry organisation token", "sntrys_eyJ", Base64, (60, 400)),
    shape("Supabase token", "sbp_", Hex, (40, 40)),
    shape("Square secret", "sq0csp-", Url, (43, 43)),
    shape("Square token", "sq0atp-", Url, (22, 22)),
    shape("Doppler token", "dp.pt.", Alnum, (40, 44)),
    shape("PlanetScale token", "pscale_tkn_", Dotted, (32, 64)),
    shape("PlanetScale password", "pscale_pw_", Dotted, (32, 64)),
    shape("Artifactory key", "AKCp", Alnum, (69, 69)),
    shape("Atlassian token", "ATATT3", Dotted, (180, 200)),
    shape("Dropbox token", "sl.", Url, (130, 1200)),
    shape("age secret key", "AGE-SECRET-KEY-1", Upper, (58, 58)),
    shape("Fly.io token", "FlyV1 fm2_", Base64, (100, 2000)),
];

/// An installation token: 36 characters with GitHub's checksum, or the newer form, which carries a JWT.
fn github_installation(body: &[u8]) -> bool {
    if body.len() == 36 { crc32_base62(body) } else { body.len() > 100 && contains(body, b"eyJ") }
}

/// A refresh token: 36 or 76 characters, the last six of them GitHub's checksum.
fn github_refresh(body: &[u8]) -> bool {
    [36, 76].contains(&body.len()) && crc32_base62(body)
}

/// Two parts of 22 and 59 characters.
fn github_fine_grained(body: &[u8]) -> bool {
    body.get(22) == Some(&b'_')
        && body.iter().enumerate().all(|(at, byte)| at == 22 || byte.is_ascii_alphanumeric())
}

/// Numbers first, as Slack's have them: workspace, user or app.
fn numbered(body: &[u8]) -> bool {
    let digits = body.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = body.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    digits >= 8 && letters >= 4 && body.contains(&b'-')
}

/// What every key of `OpenAI` has in its middle: its name in base64.
fn openai(body: &[u8]) -> bool {
    contains(body, &["T3Blb", "kFJ"].concat().into_bytes())
}

/// Two parts of 22 and 43 characters.
fn sendgrid(body: &[u8]) -> bool {
    memchr::memchr_iter(b'.', body).eq([22])
}

/// Capitals, small letters and digits: a short prefix alone would match words.
fn mixed(body: &[u8]) -> bool {
    let classes = [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit];
    classes.iter().all(|class| body.iter().any(class))
}

fn lower(body: &[u8]) -> bool {
    !body.iter().any(u8::is_ascii_uppercase) && body.iter().any(u8::is_ascii_digit)
}

fn contains(body: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(body, part).is_some()
}

/// The token of that form whose prefix stands there, if it is one.
pub(super) fn token(text: &[u8], prefix: &Range<usize>, shape: &Shape) -> Option<Range<usize>> {
    let stands = text.get(prefix.clone())? == shape.prefix.as_bytes() && starts_word(text, prefix.start);
    let rest = text.get(prefix.end..).filter(|_| stands)?;
    let (least, most) = shape.length;
    let run = rest.iter().take(most + 2).take_while(|byte| shape.alphabet.has(**byte)).count();
    let run = rest.get(..run)?;
    // a full stop or a dash after a token is the sentence's
    let open_end = least != most && matches!(shape.alphabet, Dotted | Url);
    let trimmed = run.iter().rev().take_while(|byte| open_end && matches!(byte, b'.' | b'-')).count();
    let body = run.get(..run.len() - trimmed)?;
    let sound =
        (least..=most).contains(&body.len()) && (shape.check)(body) && is_random(body, shape.alphabet.size());
    sound.then(|| prefix.start..prefix.end + body.len())
}

/// Whether a word starts there; the letter of an escape (`\n`) is not part of one.
pub(super) fn starts_word(text: &[u8], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|at| text.get(at)).copied();
    let part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !before(1).is_some_and(part)
        || (before(2) == Some(b'\\') && before(1).is_some_and(|byte| b"nrt".contains(&byte)))
}
