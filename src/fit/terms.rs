//! Prose to numbers: a column for each word that is frequent enough, by tf-idf.
//!
//! In: texts, training rows and their weights. Out: [`Terms`], which says the numbers of any text. A
//! word's number is how often the text has it, times ln((1 + n) / (1 + d)) + 1, where n is the weight
//! of the training rows and d that of those that have the word; a text's numbers have the length 1.
//! This is what scikit-learn's `TfidfVectorizer` does (Salton and Buckley 1988,
//! doi:10.1016/0306-4573(88)90021-0), by weight: a row of weight 2 is the row twice.

use hashbrown::HashMap;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A word in less than this share of the weight is left out.
const RARE: f64 = 0.005;

// linfa-preprocessing 0.8.1 is not used: its frequencies are those of the texts being scored, not of
// the training rows, so that the numbers of a text depend on its neighbours; it knows no weights, and
// needs `encoding`, which nobody keeps.

/// The words that have a column, in order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// In order.
    words: Vec<String>,
    /// What the count of each is multiplied by.
    idf: Vec<f64>,
    /// Whether a last column says that there is no text.
    has_missing: bool,
}

/// Words as they are counted: runs of two or more letters, digits and `_`, in lower case.
fn words(text: &str) -> Vec<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let lower = text.to_lowercase();
    let runs = lower.split(|c: char| !is_word(c));
    let long = runs.filter(|run| run.chars().nth(1).is_some());
    long.map(str::to_owned).collect()
}

impl Terms {
    /// Learns from texts and their weights; at most so many words, those in most of the weight. How
    /// many words were frequent enough goes out beside.
    pub fn fit(texts: &[Option<&str>], weights: &[f64], most: usize) -> (Self, usize) {
        let rows = || {
            texts
                .iter()
                .zip(weights)
                .filter(|(_, weight)| **weight > 0.0)
        };
        let has_missing = rows().any(|(text, _)| text.is_none());
        let total: f64 = rows().map(|(_, weight)| weight).sum();
        let parts: Vec<(Vec<String>, f64)> = texts
            .par_iter()
            .zip(weights)
            .filter(|(_, weight)| **weight > 0.0)
            .map(|(text, weight)| {
                let mut own = words(text.unwrap_or_default());
                own.sort_unstable();
                own.dedup();
                (own, *weight)
            })
            .collect();
        let mut sums: HashMap<String, f64, foldhash::fast::FixedState> = HashMap::default();
        for (own, weight) in parts {
            for word in own {
                *sums.entry(word).or_default() += weight;
            }
        }
        let mut kept: Vec<(String, f64)> = sums.into_iter().collect();
        kept.retain(|(_, sum)| *sum >= RARE * total);
        let frequent = kept.len();
        kept.sort_unstable_by(|(a, x), (b, y)| y.total_cmp(x).then_with(|| a.cmp(b)));
        kept.truncate(most);
        kept.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let idf = |sum: f64| ((1.0 + total) / (1.0 + sum)).ln() + 1.0;
        let own = Self {
            idf: kept.iter().map(|(_, sum)| idf(*sum)).collect(),
            words: kept.into_iter().map(|(word, _)| word).collect(),
            has_missing,
        };
        (own, frequent)
    }

    /// Whether there is no word.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// How many columns there are.
    pub fn width(&self) -> usize {
        self.words.len() + usize::from(self.has_missing)
    }

    /// Whether it can be used; it may come from a file that anyone wrote.
    pub fn is_valid(&self) -> bool {
        let is_factor = |x: &f64| x.is_finite() && *x > 0.0;
        self.words.len() == self.idf.len()
            && self.words.windows(2).all(|pair| pair[0] < pair[1])
            && self.idf.iter().all(is_factor)
    }

    /// What the columns are called.
    pub fn names(&self, column: &str) -> Vec<String> {
        let words = self.words.iter().map(|word| format!("{column}: {word}"));
        let missing = self.has_missing.then(|| format!("{column} is missing"));
        words.chain(missing).collect()
    }

    /// The numbers of a text that are not 0, by column.
    pub fn numbers(&self, text: Option<&str>) -> Vec<(u32, f64)> {
        let Some(text) = text else {
            let missing = self.has_missing.then_some((self.words.len() as u32, 1.0));
            return missing.into_iter().collect();
        };
        let place = |word: &String| self.words.binary_search(word).ok();
        let mut places: Vec<usize> = words(text).iter().filter_map(place).collect();
        places.sort_unstable();
        let counts = places.chunk_by(|a, b| a == b);
        let mut numbers: Vec<(u32, f64)> = counts
            .map(|own| (own[0] as u32, own.len() as f64 * self.idf[own[0]]))
            .collect();
        let length = numbers.iter().map(|(_, x)| x * x).sum::<f64>().sqrt();
        for (_, x) in &mut numbers {
            *x /= length;
        }
        numbers
    }

    /// What a reader should know of a column of prose.
    pub fn said(&self, column: &str, frequent: usize) -> String {
        let kept = self.words.len();
        let percent = RARE * 100.0;
        if kept < frequent {
            format!(
                "`{column}`: of {frequent} words in {percent} % of the weight or more, the {kept} most \
                 frequent have a column"
            )
        } else {
            format!(
                "`{column}`: {kept} words have a column, each in {percent} % of the weight or more"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture() -> serde_json::Value {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/worded.json");
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    fn list(json: &serde_json::Value) -> Vec<&str> {
        let texts = json.as_array().unwrap().iter();
        texts.map(|text| text.as_str().unwrap()).collect()
    }

    /// `fixtures/worded.py` made the numbers.
    #[test]
    fn numbers_are_those_of_scikit_learn() {
        let json = fixture();
        let train: Vec<Option<&str>> = list(&json["train"]).into_iter().map(Some).collect();
        let (terms, frequent) = Terms::fit(&train, &vec![1.0; train.len()], usize::MAX);
        assert_eq!(terms.words, list(&json["words"]));
        assert_eq!(frequent, terms.words.len());
        let held = list(&json["held"]);
        let expected = json["numbers"].as_array().unwrap();
        assert!(held.len() >= 40 && held.len() == expected.len());
        for (text, expected) in held.into_iter().zip(expected) {
            let found = terms.numbers(Some(text));
            let expected = expected.as_array().unwrap();
            assert_eq!(found.len(), expected.len(), "{text}");
            for ((column, x), pair) in found.iter().zip(expected) {
                assert_eq!(u64::from(*column), pair[0].as_u64().unwrap(), "{text}");
                assert!(
                    (x - pair[1].as_f64().unwrap()).abs() < 1e-12,
                    "{text}: {x}, {pair}"
                );
            }
        }
    }

    #[test]
    fn a_text_of_weight_2_is_the_text_twice() {
        let json = fixture();
        let once: Vec<Option<&str>> = list(&json["train"]).into_iter().map(Some).collect();
        let weights: Vec<f64> = (0..once.len()).map(|at| 1.0 + (at % 2) as f64).collect();
        let twice: Vec<Option<&str>> = once
            .iter()
            .zip(&weights)
            .flat_map(|(text, weight)| vec![*text; *weight as usize])
            .collect();
        let ones = vec![1.0; twice.len()];
        assert_eq!(
            Terms::fit(&once, &weights, 50),
            Terms::fit(&twice, &ones, 50)
        );
        assert_ne!(
            Terms::fit(&once, &weights, 50),
            Terms::fit(&once, &ones[..once.len()], 50)
        );
    }

    #[test]
    fn the_most_frequent_words_stay_and_no_text_is_a_column() {
        let texts = [Some("aa bb cc"), Some("bb cc"), None, Some("cc dd A b")];
        let (terms, frequent) = Terms::fit(&texts, &[1.0; 4], 2);
        assert_eq!(
            (terms.names("t"), frequent),
            (
                vec![
                    "t: bb".to_owned(),
                    "t: cc".to_owned(),
                    "t is missing".to_owned()
                ],
                4
            )
        );
        assert_eq!(terms.numbers(None), [(2, 1.0)]);
        assert_eq!(terms.numbers(Some("AA, dd!")), []);
        assert_eq!(terms.numbers(Some("CC-cc")), [(1, 1.0)]);
    }
}
