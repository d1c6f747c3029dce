//! Columns that tell people apart, by their names in English, Chinese and a few others: what names a
//! person outright, and what does so together with others.

use super::words::words;

/// Words of names, contacts and numbers that are of one person; each list with what it is.
const DIRECT: &[(&str, &str)] = &[
    (
        "names",
        "firstname lastname surname fullname forename givenname familyname username first_name \
         last_name full_name given_name family_name middle_name maiden_name user_name customer_name \
         person_name patient_name applicant_name candidate_name employee_name student_name nom prénom \
         nombre apellido nachname vorname 姓名 名字 姓氏 用户名 氏名",
    ),
    (
        "e-mail addresses",
        "email e_mail mail email_address 邮箱 邮件 电子邮件 电邮",
    ),
    (
        "phone numbers",
        "phone phone_number telephone tel mobile cell cellphone fax telefon téléphone 电话 手机 \
         手机号 联系方式 電話",
    ),
    (
        "national ids",
        "ssn social_security national_id nationalid passport passport_number driver_license \
         drivers_license licence_number tax_id nin nino iban 身份证 身份证号 护照 社保 驾照 税号",
    ),
    (
        "addresses",
        "address street street_address addr ip ip_address 地址 住址 街道",
    ),
    (
        "ids",
        "id uid uuid guid user_id customer_id person_id patient_id applicant_id candidate_id \
         employee_id student_id member_id account_number account_id record_id case_id 编号 学号 工号 \
         卡号 账号",
    ),
];

/// Words of traits, places and dates that others may know too.
const QUASI: &str = "\
    age agegroup agecat birth birthdate birthday birthyear dob yob sex gender race ethnicity ethnic \
    religion nationality citizenship marital married occupation profession job jobtitle employer \
    education degree school university zip zipcode postcode postal plz city town county state \
    province region district country municipality borough neighborhood neighbourhood location \
    language disability veteran caste children household ward origin department admitted_on \
    hired_on joined";
/// The same in scripts without spaces: anywhere in a name.
const QUASI_WITHIN: &str = "\
    性别 民族 种族 年龄 出生 生日 宗教 残疾 国籍 籍贯 婚姻 户籍 职业 学历 教育 学校 邮编 城市 省份 \
    地区 区县 国家 部门 單位 单位 語言 语言";

/// What a column names outright, by its name: `e-mail addresses`.
pub fn direct(name: &str) -> Option<&'static str> {
    let words = words(name);
    let whole = words.join("_");
    let holds = |list: &str| {
        list.split_whitespace().any(|word| {
            let within = if word.is_ascii() {
                word.contains('_') && whole.contains(word) || words.iter().any(|w| w == word)
            } else {
                whole.contains(word)
            };
            word == whole || within
        })
    };
    // A bare `name` is a person's more often than not; `company_name` is none.
    if whole == "name" {
        return Some("names");
    }
    DIRECT
        .iter()
        .find(|(_, list)| holds(list))
        .map(|(what, _)| *what)
}

/// Whether a name is one of a trait, a place or a date that tells people apart together with others.
pub fn is_quasi(name: &str) -> bool {
    let words = words(name);
    let whole = words.join("_");
    let mut known = QUASI.split_whitespace();
    known.any(|word| words.iter().any(|w| w == word) || whole == word)
        || QUASI_WITHIN
            .split_whitespace()
            .any(|word| whole.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_a_column_holds() {
        for (name, what) in [
            ("E-mail", Some("e-mail addresses")),
            ("customerEmail", Some("e-mail addresses")),
            ("first_name", Some("names")),
            ("applicant_first_name", Some("names")),
            ("手机号码", Some("phone numbers")),
            ("身份证号", Some("national ids")),
            ("patient id", Some("ids")),
            ("company_name", None),
            ("idle", None),
            ("excellent", None),
            ("income", None),
        ] {
            assert_eq!(direct(name), what, "{name}");
        }
        for name in ["ZIP code", "date_of_birth", "出生日期", "marital-status"] {
            assert!(is_quasi(name), "{name}");
        }
        for name in ["average", "income", "pages"] {
            assert!(!is_quasi(name), "{name}");
        }
    }
}
