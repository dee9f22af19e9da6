use super::*;

#[test]
fn a_version_of_cyclonedx_is_written_as_people_say_it() {
    let sbom: Sbom = toml_edit::de::from_str("cyclonedx = \"1.7\"\n").unwrap();
    assert!(matches!(sbom.cyclonedx, Version::V1_7));
    assert!(toml_edit::de::from_str::<Sbom>("cyclonedx = \"1.5\"\n").is_err());
}
