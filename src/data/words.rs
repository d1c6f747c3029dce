//! What the name of a column says of its part: word lists in English, Chinese and a few others.
//!
//! In: a name as it stands in a header. Out: for a role, how strongly the name speaks for it, from
//! 0 (not at all) to [`EXACT`]. Only strengths of one role may be compared.

use super::role::Role;

/// The name is the very word for the role.
pub const EXACT: u8 = 3;
/// The name holds a word for the role.
pub const STRONG: u8 = 2;
/// The name is a thing that is often used so.
pub const WEAK: u8 = 1;

/// Names that are the label, whole.
const LABELS: &str = "\
    y y_true ytrue true_y label labels y_label target targets truth ground_truth groundtruth \
    gold actual true_label label_true label_value label_gold gold_label class_label y_test \
    two_year_recid 标签 真实标签 真值 真实结果 实际结果 etiqueta étiquette zielvariable \
    ラベル";
/// Words that make a name a label's.
const LABEL_WORDS: &str = "\
    label target outcome outcomes actual truth gold class 结果 标签";
/// Things that are labels in many tables.
const LABEL_THINGS: &str = "\
    income salary repaid paid_back default defaulted is_default default_payment_next_month \
    loan_status credit credit_risk risk recid is_recid recidivism reoffended rearrested \
    death death_event died readmitted churn churned fraud is_fraud qualified graduated pass \
    passed status response employed toxic toxicity 违约 是否违约 收入";
/// Names that are the prediction, whole.
const PREDICTIONS: &str = "\
    y_pred ypred pred preds prediction predictions predicted y_hat yhat y_predicted \
    pred_label predicted_label label_pred predicted_class prédiction vorhersage predicción \
    预测 预测结果 预测标签 予測";
/// Words that make a name a prediction's.
const PREDICTION_WORDS: &str = "\
    pred prediction predicted yhat decision approved selected hired granted accepted \
    admitted admit shortlisted invited offered promoted flagged denied rejected recommended \
    classified 预测 决策 录用 录取 批准 通过 入选 拒绝";
/// Names that are the score, whole.
const SCORES: &str = "\
    score scores y_score yscore prob proba probability y_prob y_proba pred_prob pred_proba \
    predicted_probability predicted_prob prediction_score pred_score p_hat phat 分数 得分 \
    评分 概率 スコア";
/// Words that make a name a score's.
const SCORE_WORDS: &str = "\
    score prob proba probability likelihood logit 分数 得分 评分 概率";
/// Names that are weights, whole; any other name is never taken for one.
const WEIGHTS: &str = "\
    weight weights sample_weight sample_weights sampling_weight survey_weight row_weight \
    权重 样本权重";
/// Beside these, `weight` is a body's.
const BODY: &str = "\
    height bmi length 身高";
/// Names of the number of rows that a line stands for.
const COUNTS: &str = "\
    n count counts rows freq frequency n_rows num_rows row_count 频数 人数 数量";
/// Words that make a name a sensitive column's.
const SENSITIVE: &str = "\
    sex gender genre geschlecht sexo género race raza ethnicity ethnic ethnie hispanic \
    latino black skin age agegroup agecat alter edad âge birth birthdate birthday birthyear \
    dob religion disability disabled nationality nationalität nationalité national citizen \
    citizenship foreign foreigner immigrant immigration migrant marital married pregnant \
    pregnancy veteran orientation sexuality caste tribe minority transgender lgbt native \
    indigenous";
/// The same in scripts without spaces: anywhere in a name.
const SENSITIVE_WITHIN: &str = "\
    性别 民族 种族 年龄 出生 宗教 残疾 残障 国籍 籍贯 婚姻 户籍 性別 年齢 人種 国籍 성별 \
    연령 인종";
/// Names for groups of no said kind: taken where nothing else is sensitive.
const GROUPS: &str = "\
    group groups sensitive sensitive_attribute sensitive_feature protected \
    protected_attribute subgroup demographic demographics demo sf 分组 群体";
/// Beside these words nothing is a person's trait (`account_age`, `race_distance`).
const THINGS: &str = "\
    account accounts car vehicle house building property loan months distance offender \
    offense offence avg company listing pct percent percentage share rate ratio";
/// Words that make a name one of when a row came about.
const TIME: &str = "\
    time date datetime timestamp year month quarter week day period created opened admitted_at \
    admission_date datum jahr monat fecha año mes année mois 时间 日期 年份 年月 月份 季度 年度 \
    時間 日付";
/// Words that make a name one of where a row came about.
const SITE: &str = "\
    site hospital clinic center centre facility ward region branch office store shop location \
    city town county state province district country area zip zipcode postcode plz source \
    standort filiale krankenhaus klinik ort ville ciudad sucursal 医院 地点 中心 地区 区域 分行 \
    支行 门店 省份 城市 机构 科室 来源 病院 支店";
/// Names of what tells every row from the others, whole.
const IDS: &str = "\
    id ids uuid guid index idx row row_id rowid row_number row_no rownum record record_id case_id \
    person_id patient_id customer_id client_id user_id applicant_id application_id member_id \
    employee_id student_id loan_id account_id unnamed_0 ssn 编号 序号 行号 身份证号 用户编号 客户编号";
/// Labels and decisions whose positive is what people do not want.
const PUNITIVE: &str = "\
    default defaulted recid recidivism reoffended rearrested death died readmitted churn \
    churned fraud toxic toxicity flagged denied rejected 违约 是否违约 拒绝";

/// Pairs of values that speak for themselves, negative and positive, in lower case.
const VALUES: &[(&str, &str)] = &[
    ("bad", "good"),
    ("rejected", "accepted"),
    ("reject", "accept"),
    ("denied", "approved"),
    ("deny", "approve"),
    ("rejected", "approved"),
    ("denied", "granted"),
    ("refused", "granted"),
    ("rejected", "admitted"),
    ("rejected", "hired"),
    ("rejected", "selected"),
    ("not approved", "approved"),
    ("not hired", "hired"),
    ("not selected", "selected"),
    ("not admitted", "admitted"),
    ("fail", "pass"),
    ("failed", "passed"),
    ("low", "high"),
    ("negative", "positive"),
    ("neg", "pos"),
    ("<=50k", ">50k"),
    ("<=50k.", ">50k."),
    ("unfavorable", "favorable"),
    ("charged off", "fully paid"),
    ("absent", "present"),
    ("non-hateful", "hateful"),
    ("unsuccessful", "successful"),
    ("unqualified", "qualified"),
    ("否", "是"),
    ("拒绝", "通过"),
    ("拒绝", "批准"),
    ("未通过", "通过"),
    ("未录用", "录用"),
    ("不录用", "录用"),
    ("未录取", "录取"),
    ("坏", "好"),
    ("nein", "ja"),
    ("non", "oui"),
    ("いいえ", "はい"),
];

/// The words of a name in lower case, split at `_ - . / :`, spaces and humps.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        let parts = !c.is_alphanumeric();
        if parts || (small && c.is_uppercase()) {
            words.push(String::new());
        }
        small = c.is_lowercase();
        if let (false, Some(word)) = (parts, words.last_mut()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// How strongly a name speaks for a role.
pub fn strength(name: &str, role: Role) -> u8 {
    let words = words(name);
    let whole = words.join("_");
    let is = |list: &str| list.split(' ').any(|name| name == whole);
    let has = |list: &str| {
        list.split(' ').any(|word| {
            words.iter().any(|w| w == word) || (!word.is_ascii() && whole.contains(word))
        })
    };
    let predicts = has(PREDICTION_WORDS) || is(PREDICTIONS);
    let scores = has(SCORE_WORDS) || is(SCORES);
    match role {
        Role::Label if is(LABELS) => EXACT,
        Role::Label if predicts || scores => 0,
        Role::Label if has(LABEL_WORDS) => STRONG,
        Role::Label if is(LABEL_THINGS) => WEAK,
        Role::Prediction if is(PREDICTIONS) => EXACT,
        Role::Prediction if predicts && !scores => STRONG,
        // A «score» of two values is a decision; the values tell.
        Role::Prediction if scores => WEAK,
        Role::Score if is(SCORES) => EXACT,
        Role::Score if scores => STRONG,
        Role::Score if words.len() > 1 && words[0] == "p" => WEAK,
        Role::Weight if is(WEIGHTS) => EXACT,
        Role::Sensitive if has(THINGS) => 0,
        Role::Sensitive if has(SENSITIVE) => STRONG,
        Role::Sensitive if SENSITIVE_WITHIN.split(' ').any(|word| whole.contains(word)) => STRONG,
        Role::Sensitive if is(GROUPS) => WEAK,
        _ => 0,
    }
}

/// Whether a name is one for the number of rows that a line stands for.
pub fn is_count(name: &str) -> bool {
    COUNTS
        .split(' ')
        .any(|count| count == words(name).join("_"))
}

/// Whether any word of a name is one of the list, or within it in scripts without spaces.
fn speaks(name: &str, list: &str) -> bool {
    let words = words(name);
    let whole = words.join("_");
    list.split(' ').any(|word| {
        whole == word || words.iter().any(|w| w == word) || !word.is_ascii() && name.contains(word)
    })
}

/// Whether a name is one of what tells every row from the others.
pub fn is_id(name: &str) -> bool {
    let whole = words(name).join("_");
    whole.is_empty() || IDS.split(' ').any(|id| id == whole)
}

/// Whether a name is of when a row came about: not of when somebody was born, nor of how often
/// something is in a week.
pub fn is_time(name: &str) -> bool {
    const OTHERS: [&str; 7] = ["dob", "per", "hours", "days", "weeks", "months", "duration"];
    let is_other = |word: &String| word.starts_with("birth") || OTHERS.contains(&&**word);
    speaks(name, TIME) && !words(name).iter().any(is_other)
}

/// The largest number that a column of this name holds where it counts units of a calendar: a `month` of
/// 48 is how long something takes, not when it was. None where the name is of no such unit.
pub fn most_of_time(name: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 5] = [
        ("quarter", 4.0),
        ("month", 12.0),
        ("hour", 24.0),
        ("day", 31.0),
        ("week", 53.0),
    ];
    let words = words(name);
    let named = UNITS
        .iter()
        .find(|(unit, _)| words.iter().any(|word| word == unit));
    named.map(|(_, most)| *most)
}

/// Whether a name is of where a row came about.
pub fn is_site(name: &str) -> bool {
    speaks(name, SITE)
}

/// Whether a column beside this one makes `weight` a body's weight.
pub fn is_body(name: &str) -> bool {
    words(name)
        .iter()
        .any(|word| BODY.split(' ').any(|known| known == word))
}

/// Whether the positive of this column is likely not what people want.
pub fn is_punitive(name: &str) -> bool {
    words(name)
        .iter()
        .any(|word| PUNITIVE.split(' ').any(|known| known == word))
}

/// Whether a sensitive column is about age, the one trait that is often there twice.
pub fn is_age(name: &str) -> bool {
    let ages = ["age", "agegroup", "agecat"];
    name.contains("年龄") || words(name).iter().any(|word| ages.contains(&&**word))
}

/// The positive of two values that speak for themselves (`good` of `bad` and `good`).
pub fn positive_of<'a>(a: &'a str, b: &'a str) -> Option<&'a str> {
    let fold = |text: &str| text.trim().to_lowercase();
    let (low, high) = (fold(a), fold(b));
    VALUES.iter().find_map(|&(negative, positive)| {
        if (negative, positive) == (low.as_str(), high.as_str()) {
            Some(b)
        } else if (negative, positive) == (high.as_str(), low.as_str()) {
            Some(a)
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words_at_marks_and_humps() {
        assert_eq!(words("marital-status"), ["marital", "status"]);
        assert_eq!(words("ageGroup_2 x"), ["age", "group", "2", "x"]);
        assert_eq!(words("DEATH_EVENT"), ["death", "event"]);
        assert_eq!(words("性别"), ["性别"]);
    }

    #[test]
    fn names_say_when_and_where() {
        for name in [
            "admission_date",
            "year",
            "createdAt_time",
            "入院日期",
            "opened",
        ] {
            assert!(is_time(name), "{name}");
        }
        for name in ["hospital_id", "Branch", "医院名称"] {
            assert!(is_site(name), "{name}");
        }
        for name in [
            "birth_date",
            "hours_per_week",
            "update",
            "lifetime",
            "statement",
        ] {
            assert!(!is_time(name) && !is_site(name), "{name}");
        }
    }

    #[test]
    fn names_of_ids_are_whole() {
        assert!(
            ["id", "PatientID", "", "Unnamed: 0"]
                .iter()
                .all(|name| is_id(name))
        );
        assert!(["hospital_id", "idle"].iter().all(|name| !is_id(name)));
    }

    #[test]
    fn words_within_words_say_nothing() {
        for name in [
            "language",
            "average",
            "trace",
            "page",
            "message",
            "Essex",
            "account_age",
        ] {
            assert_eq!(strength(name, Role::Sensitive), 0, "{name}");
        }
        for name in [
            "Sex",
            "applicantAge",
            "age_cat",
            "申请人性别",
            "foreign_worker",
        ] {
            assert_eq!(strength(name, Role::Sensitive), STRONG, "{name}");
        }
    }
}
