//! What Prometheus answers to an instant query: JSON as its documentation of the HTTP API describes it
//! (<https://prometheus.io/docs/prometheus/latest/querying/api/>).

use serde::Deserialize;
use serde_json::Value;

/// One number, and the time that it was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// When, in seconds since 1970, by the clock of Prometheus.
    pub time: f64,
    /// The number, which is finite.
    pub value: f64,
}

/// Why there is no number. None of them says that something is good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoValue {
    /// No series matches, or none has a sample.
    #[error("there is no such series (the answer is empty)")]
    Empty,
    /// The number is none, as where nothing was divided by nothing.
    #[error("the value is {0}")]
    NotFinite(String),
    /// Several series match.
    #[error("there are {0} series, not one: aggregate them, as `sum(…)` does")]
    Several(usize),
    /// The query gives something that is no number.
    #[error("the query gives a {0}, not one number: ask for an instant vector or a scalar")]
    WrongType(String),
    /// The answer may not be the whole one.
    #[error("Prometheus warns: {0}")]
    Warned(String),
    /// Prometheus refuses.
    #[error("Prometheus says {kind}: {said}")]
    Refused {
        /// Its kind of error.
        kind: String,
        /// Its words.
        said: String,
    },
    /// What answers is no Prometheus, or its answer was cut short.
    #[error("the answer is none of Prometheus: {0}")]
    Foreign(String),
    /// Nothing answers.
    #[error("Prometheus cannot be asked: {0}")]
    Unreachable(String),
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
enum Body {
    Success {
        data: Data,
        #[serde(default)]
        warnings: Vec<String>,
    },
    Error {
        #[serde(rename = "errorType", default)]
        kind: String,
        #[serde(default)]
        error: String,
    },
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "resultType")]
    kind: String,
    result: Value,
}

#[derive(Deserialize)]
struct Series {
    value: (f64, String),
}

/// The one number that an answer gives.
///
/// # Errors
/// Where it gives none, or more than one.
pub fn answer(bytes: &[u8]) -> Result<Sample, NoValue> {
    let foreign = |why: &dyn ToString| NoValue::Foreign(line(&why.to_string()));
    let body: Body = serde_json::from_slice(bytes).map_err(|error| foreign(&error))?;
    let (data, warnings) = match body {
        Body::Success { data, warnings } => (data, warnings),
        Body::Error { kind, error } => {
            return Err(NoValue::Refused { kind: line(&kind), said: line(&error) });
        }
    };
    // of several stores behind one address some may not have answered
    if !warnings.is_empty() {
        return Err(NoValue::Warned(line(&warnings.join("; "))));
    }
    let (time, text) = match data.kind.as_str() {
        "scalar" => serde_json::from_value(data.result).map_err(|error| foreign(&error))?,
        "vector" => {
            let series: Vec<Value> = serde_json::from_value(data.result).map_err(|error| foreign(&error))?;
            let several = series.len();
            let mut series = series.into_iter();
            let (first, more) = (series.next().ok_or(NoValue::Empty)?, series.next());
            if more.is_some() {
                return Err(NoValue::Several(several));
            }
            if first.get("histogram").is_some() {
                return Err(NoValue::WrongType("histogram".to_owned()));
            }
            serde_json::from_value::<Series>(first).map_err(|error| foreign(&error))?.value
        }
        "matrix" | "string" => return Err(NoValue::WrongType(data.kind)),
        other => return Err(foreign(&format!("it has the type `{other}`"))),
    };
    let value: f64 = text.parse().map_err(|_| foreign(&format!("`{text}` is no number")))?;
    if value.is_finite() { Ok(Sample { time, value }) } else { Err(NoValue::NotFinite(line(&text))) }
}

/// Foreign words as one line of a sane length.
fn line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(300).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As Debian's Prometheus 2.42 writes it.
    const ONE: &str = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1763746502.781,"17.5"]}]}}"#;

    fn of(result: &str) -> Result<f64, NoValue> {
        answer(format!(r#"{{"status":"success","data":{result}}}"#).as_bytes()).map(|sample| sample.value)
    }

    #[test]
    fn one_series_or_a_scalar_is_a_number() {
        assert_eq!(answer(ONE.as_bytes()), Ok(Sample { time: 1_763_746_502.781, value: 17.5 }));
        assert_eq!(of(r#"{"resultType":"scalar","result":[1763746502,"0"]}"#), Ok(0.0));
        assert_eq!(of(r#"{"resultType":"scalar","result":[1763746502,"1e+21"]}"#), Ok(1e21));
    }

    #[test]
    fn nothing_is_not_zero() {
        assert_eq!(of(r#"{"resultType":"vector","result":[]}"#), Err(NoValue::Empty));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in ["NaN", "+Inf", "-Inf", "inf", "infinity"] {
            let result = of(&format!(r#"{{"resultType":"scalar","result":[1,"{text}"]}}"#));
            assert_eq!(result, Err(NoValue::NotFinite(text.to_owned())));
        }
        for text in ["", "12 ", "0x10", "many"] {
            let result = of(&format!(r#"{{"resultType":"scalar","result":[1,"{text}"]}}"#));
            assert!(matches!(result, Err(NoValue::Foreign(_))), "{text}: {result:?}");
        }
    }

    #[test]
    fn several_series_are_to_be_aggregated() {
        let series = r#"{"metric":{"code":"200"},"value":[1,"1"]}"#;
        let several = of(&format!(r#"{{"resultType":"vector","result":[{series},{series},{series}]}}"#));
        assert_eq!(several, Err(NoValue::Several(3)));
        assert!(several.unwrap_err().to_string().contains("aggregate"));
    }

    #[test]
    fn other_types_of_results_are_told() {
        for kind in ["matrix", "string"] {
            let result = of(&format!(r#"{{"resultType":"{kind}","result":[]}}"#));
            assert_eq!(result, Err(NoValue::WrongType(kind.to_owned())));
        }
        let histogram =
            r#"{"resultType":"vector","result":[{"metric":{},"histogram":[1,{"count":"1","sum":"1"}]}]}"#;
        assert_eq!(of(histogram), Err(NoValue::WrongType("histogram".to_owned())));
    }

    #[test]
    fn a_partial_answer_is_none() {
        let warned = ONE.replacen('{', r#"{"warnings":["1 of 3 stores did not answer"],"#, 1);
        assert_eq!(
            answer(warned.as_bytes()),
            Err(NoValue::Warned("1 of 3 stores did not answer".to_owned()))
        );
        let informed = ONE.replacen('{', r#"{"infos":["metric might not be a counter"],"warnings":[],"#, 1);
        assert!(answer(informed.as_bytes()).is_ok());
    }

    #[test]
    fn an_error_is_told_in_the_words_of_prometheus() {
        let refused = br#"{"status":"error","errorType":"bad_data","error":"1:3: parse error:\nunexpected"}"#;
        let (kind, said) = ("bad_data".to_owned(), "1:3: parse error: unexpected".to_owned());
        assert_eq!(answer(refused), Err(NoValue::Refused { kind, said }));
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for text in ["", "<html>", "{}", "[]", "null", r#"{"status":"ok"}"#, r#"{"status":"success"}"#] {
            assert!(matches!(answer(text.as_bytes()), Err(NoValue::Foreign(_))), "{text}");
        }
        let twice = format!("{ONE}{ONE}");
        assert!(matches!(answer(twice.as_bytes()), Err(NoValue::Foreign(_))));
        assert!(matches!(
            of(r#"{"resultType":"vector","result":[{"metric":{}}]}"#),
            Err(NoValue::Foreign(_))
        ));
        assert!(matches!(of(r#"{"resultType":"tensor","result":[]}"#), Err(NoValue::Foreign(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_finite_number_or_none(bytes: Vec<u8>) {
            if let Ok(sample) = answer(&bytes) {
                prop_assert!(sample.value.is_finite());
            }
        }

        #[test]
        fn an_answer_that_was_cut_short_is_none(cut in 0_usize..ONE.len()) {
            prop_assert!(matches!(answer(&ONE.as_bytes()[..cut]), Err(NoValue::Foreign(_))));
        }
    }
}
