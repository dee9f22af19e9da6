//! Promotions by the built command into stores that are servers.

use std::time::Duration;

use base64::Engine as _;
use cargo_promote::candidate::Candidate;
use cargo_promote::digest::Digest;
use cargo_promote::image;
use cargo_promote::ops::registry::Registry;

use crate::forge_server::ForgeServer;
use crate::project::{Project, files};
use crate::proxy::Proxy;
use crate::server::Server;

const PASSWORD: &str = "the-password-that-shows-nowhere";
/// The line of htpasswd for that password.
const LOGIN: &str = "ada:$2b$05$abcdefghijklmnopqrstuuFjlv2nFXLjriEuecWtEGr9ZV5FHsLQK";
const TOKEN: &str = "the-token-of-the-forge-that-shows-nowhere";

/// Staging is in a folder, production in a registry.
fn config(address: &str, login: &str) -> String {
    format!(
        "[stores.here]\nkind = \"local\"\n[stores.registry]\nkind = \"oci\"\nhttp = true\n\
         repository = \"{address}/acme/production\"\n{login}[ledger]\nkind = \"store\"\nname = \"here\"\n\
         [[environments]]\nname = \"staging\"\nstore = \"here\"\n\
         [[environments]]\nname = \"production\"\nstore = \"registry\"\n"
    )
}

#[test]
fn the_name_of_an_environment_in_its_registry_follows_the_ledger() {
    let Some(server) = Server::start() else { return };
    let proxy = Proxy::start(&server.address);
    let project = Project::new(&config(&proxy.address, ""), &[]);
    let registry = Registry::open(&format!("{}/acme/production", server.address), true, None).unwrap();
    let registry = registry.pausing(Duration::from_millis(1));
    let image = |candidate: &Candidate| Some(Digest::of(&image::of_candidate(candidate)).hex());
    let named = || registry.tagged("env-production").unwrap();
    let lags = || project.told(&["status"], 0).contains("/acme/production:env-production is");

    let first = project.stage(1);
    project.told(&["to", "staging", "--execute"], 0);
    let plan = project.told(&["to", "production"], 0);
    assert!(plan.contains("name it `env-production` in the store `registry`"), "{plan}");
    // the name cannot be written: the environment is moved all the same, and both is said
    proxy.cut_those_with(Some("/manifests/env-production"));
    let told = project.told(&["to", "production", "--execute"], 2);
    assert!(told.contains("production runs tool 1.0.1") && told.contains("not done yet"), "{told}");
    assert!(told.contains("the name of production in oci"), "{told}");
    assert_eq!((project.runs("production"), named()), (Some(first.digest()), None));
    assert!(project.told(&["status"], 0).contains("whether references lag behind is not known"));
    proxy.cut_those_with(None);
    assert!(project.told(&["status"], 0).contains("env-production is not there, should be"));
    // the same call goes on with it
    project.told(&["to", "production", "--execute"], 0);
    assert_eq!((named(), lags()), (image(&first), false));

    let second = project.stage(2);
    project.told(&["to", "staging", "--execute"], 0);
    project.told(&["to", "production", "--execute"], 0);
    assert_eq!((named(), lags()), (image(&second), false));
    project.told(&["rollback", "production", "--execute", "--reason", "it fails"], 0);
    assert_eq!((named(), lags()), (image(&first), false));
    // somebody else writes it
    registry.put_image(&image::of_candidate(&second), "env-production").unwrap();
    assert!(lags());
    project.told(&["to", "production", "1.0.1", "--execute"], 0);
    assert_eq!((named(), lags()), (image(&first), false));
}

#[test]
fn no_secret_of_a_store_is_in_what_is_said_or_written() {
    let Some(server) = Server::start_for(LOGIN) else { return };
    let forge = ForgeServer::start(TOKEN);
    let login = "username_env = \"TEST_USER\"\npassword_env = \"TEST_PASSWORD\"\n";
    let public = format!(
        "[[environments]]\nname = \"public\"\nstore = \"forge\"\n\
         [stores.forge]\nkind = \"forge\"\napi = \"{}\"\nrepository = \"acme/tool\"\ntoken_env = \"TEST_TOKEN\"\n",
        forge.address
    );
    let env = [
        ("TEST_USER", "ada"),
        ("TEST_PASSWORD", PASSWORD),
        ("TEST_TOKEN", TOKEN),
        ("RUST_BACKTRACE", "full"),
    ];
    let project = Project::new(&(config(&server.address, login) + &public), &env);
    let mut said = String::new();
    project.stage(1);
    project.stage(2);
    let calls: [&[&str]; 15] = [
        &["to", "staging", "1.0.1", "--execute"],
        &["to", "production"],
        &["to", "production", "--execute", "--format", "json"],
        &["to", "public", "--execute"],
        &["to", "staging", "1.0.2", "--execute"],
        &["to", "production", "--execute"],
        &["to", "public", "--execute", "--format", "json"],
        &["rollback", "production", "--reason", "it fails", "--execute"],
        &["status"],
        &["status", "--format", "json"],
        &["verify"],
        &["verify", "--format", "json"],
        &["log", "--format", "json"],
        &["diff", "1.0.1", "1.0.2", "--format", "json"],
        &["cleanup", "--keep", "1", "--execute", "--format", "json"],
    ];
    for call in calls {
        said += &project.told(call, 0);
    }
    assert_eq!((forge.published(), forge.leaks()), (2, 0));
    // what the servers say to the wrong ones
    let wrong = ["the-wrong-password-that-shows-nowhere", "the-wrong-token-that-shows-nowhere"];
    let env = [("TEST_USER", "ada"), ("TEST_PASSWORD", wrong[0]), ("TEST_TOKEN", wrong[1])];
    let stranger = Project::new(&(config(&server.address, login) + &public), &env);
    stranger.stage(1);
    stranger.told(&["to", "staging", "--execute"], 0);
    said += &stranger.told(&["to", "production", "--execute"], 2);
    said += &stranger.told(&["verify"], 2);
    said += &stranger.told(&["status"], 0);

    let encoded = [PASSWORD, wrong[0]]
        .map(|password| base64::prelude::BASE64_STANDARD.encode(format!("ada:{password}")));
    let secrets = [PASSWORD, TOKEN, wrong[0], wrong[1], &encoded[0], &encoded[1]];
    for secret in secrets {
        assert!(!said.contains(secret), "{secret}: {said}");
        for file in files(project.folder()).into_iter().chain(files(stranger.folder())) {
            let bytes = std::fs::read(&file).unwrap();
            let holds = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!holds, "{secret}: {}", file.display());
        }
    }
}
