//! Against a server of ours that says what the test wants.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use super::*;

const ONE: &str = r#"{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}"#;

/// Answers one request with that, and gives what was asked.
fn server(answer: Vec<u8>) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = Vec::new();
        let mut byte = [0];
        while !asked.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() > 0 {
            asked.push(byte[0]);
        }
        // whoever hangs up early has seen enough
        let _ = stream.write_all(&answer);
        String::from_utf8(asked).unwrap()
    });
    (address, thread)
}

fn response(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}").into_bytes()
}

fn ask(answer: Vec<u8>) -> Result<f64, NoValue> {
    let (address, thread) = server(answer);
    let said = Prometheus::new(&address, None).unwrap().ask("up", None);
    thread.join().unwrap();
    said.map(|sample| sample.value)
}

#[test]
fn a_query_is_asked_below_the_path_of_the_address() {
    let (address, thread) = server(response("200 OK", ONE));
    let prometheus = Prometheus::new(&format!("{address}/prom/"), None).unwrap();
    let said = prometheus.ask("sum(up{a=\"b+c\"}) & 1", Some(12.5)).unwrap();
    let asked = thread.join().unwrap();
    assert_eq!((said.value, prometheus.shown()), (2.0, format!("{address}/prom").as_str()));
    let path = asked.lines().next().unwrap().split(' ').nth(1).unwrap();
    let url = Url::parse(&format!("{address}{path}")).unwrap();
    let pairs: Vec<_> = url.query_pairs().map(|(name, value)| format!("{name}={value}")).collect();
    let expected = ["query=sum(up{a=\"b+c\"}) & 1", "time=12.500"];
    assert_eq!((url.path(), pairs), ("/prom/api/v1/query", expected.map(str::to_owned).to_vec()));
}

#[test]
fn a_refused_query_is_told_in_the_words_of_prometheus() {
    let body = r#"{"status":"error","errorType":"bad_data","error":"parse error"}"#;
    let said = ask(response("400 Bad Request", body)).unwrap_err();
    assert_eq!(said.to_string(), "Prometheus says bad_data: parse error");
}

#[test]
fn whatever_else_answers_gives_no_number() {
    let elsewhere = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    let said = ask(elsewhere.to_vec()).unwrap_err();
    assert!(said.to_string().contains("302"), "{said}");
    for (answer, told) in [
        (response("401 Unauthorized", "log in"), "401"),
        (response("503 Service Unavailable", ONE), "a number comes with the status 503"),
        (response("200 OK", "<html>"), "none of Prometheus"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{".to_vec(), "cannot be asked"),
        (response("200 OK", &format!("{ONE}{}", " ".repeat(2 << 20))), "cannot be asked"),
        (b"nonsense".to_vec(), "cannot be asked"),
        (Vec::new(), "cannot be asked"),
    ] {
        let said = ask(answer).unwrap_err();
        assert!(said.to_string().contains(told), "{told}: {said}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said = Prometheus::new(&format!("http://{nobody}"), None).unwrap().ask("up", None);
    assert!(matches!(said, Err(NoValue::Unreachable(_))), "{said:?}");
}

#[test]
fn addresses_with_secrets_are_refused_and_not_repeated() {
    for address in [
        "http://user:hunter2@prometheus.example",
        "http://hunter2@prometheus.example",
        "http://prometheus.example/?token=hunter2",
        "http://prometheus.example/#hunter2",
        "ftp://hunter2",
        "prometheus.example:9090/hunter2",
        "unix:/run/hunter2",
        "",
    ] {
        let refused = Prometheus::new(address, None).err().unwrap();
        assert!(!refused.to_string().contains("hunter2"), "{refused}");
    }
}

#[test]
fn a_token_goes_over_a_safe_way_only_and_has_to_be_there() {
    // every test process of cargo has this one, and nobody takes it for a secret
    let name = "CARGO_PKG_NAME";
    let open = Prometheus::new("http://prometheus.example", Some(name)).err();
    assert_eq!(open, Some(Unusable::Open));
    assert!(Prometheus::new("https://prometheus.example", Some(name)).is_ok());
    let missing = Prometheus::new("https://prometheus.example", Some("PROMOTE_NO_SUCH_TOKEN")).err();
    assert_eq!(missing, Some(Unusable::NoToken("PROMOTE_NO_SUCH_TOKEN".to_owned())));

    let (address, thread) = server(response("200 OK", ONE));
    Prometheus::new(&address, Some(name)).unwrap().ask("up", None).unwrap();
    assert!(thread.join().unwrap().to_lowercase().contains("authorization: bearer cargo-promote\r\n"));
}
