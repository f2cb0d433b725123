//! Members of request bodies, checked as the vendor's API model has them.

use serde_json::{Map, Value};

use super::errors::Refusal;

/// A request body.
#[derive(Debug)]
pub(crate) struct Body(Map<String, Value>);

impl Body {
    /// An empty body counts as `{}`; null members count as absent.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let text =
            std::str::from_utf8(bytes).map_err(|_| Refusal::validation("Request body is not UTF-8"))?;
        if text.trim().is_empty() {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Ok(Self::of(members)),
            Ok(_) => Err(Refusal::validation("Request body is not a JSON object")),
            Err(_) => Err(Refusal::validation("Request body is not JSON")),
        }
    }

    fn of(mut members: Map<String, Value>) -> Self {
        members.retain(|_, value| !value.is_null());
        Self(members)
    }

    /// A text that must be there.
    pub(crate) fn text(&self, name: &str, min: usize, max: usize) -> Result<String, Refusal> {
        self.optional_text(name, min, max)?.ok_or_else(|| constraint(name, "Member must not be null"))
    }

    /// A text that may be absent.
    pub(crate) fn optional_text(
        &self,
        name: &str,
        min: usize,
        max: usize,
    ) -> Result<Option<String>, Refusal> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let text = value.as_str().ok_or_else(|| constraint(name, "Member must be a string"))?;
        length(name, text, min, max)?;
        Ok(Some(text.to_owned()))
    }

    pub(crate) fn client_token(&self) -> Result<Option<String>, Refusal> {
        self.optional_text("ClientToken", 0, 500)
    }

    /// The ClientToken of an upload. The model wants one; mobile clients have none.
    pub(crate) fn upload_token(&self) -> Result<Option<String>, Refusal> {
        self.optional_text("ClientToken", 1, 500)
    }

    /// A number that must be there.
    pub(crate) fn required_integer(&self, name: &str, min: u64, max: u64) -> Result<u64, Refusal> {
        self.integer(name, min, max)?.ok_or_else(|| constraint(name, "Member must not be null"))
    }

    pub(crate) fn integer(&self, name: &str, min: u64, max: u64) -> Result<Option<u64>, Refusal> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        value
            .as_u64()
            .filter(|number| (min..=max).contains(number))
            .map(Some)
            .ok_or_else(|| constraint(name, &format!("Member must be in {min}..{max}")))
    }

    pub(crate) fn boolean(&self, name: &str) -> Result<bool, Refusal> {
        match self.0.get(name) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| constraint(name, "Member must be a boolean")),
        }
    }

    /// One of an enumeration.
    pub(crate) fn choice(&self, name: &str, of: &[&str]) -> Result<Option<String>, Refusal> {
        let Some(text) = self.optional_text(name, 0, 1000)? else {
            return Ok(None);
        };
        if of.contains(&text.as_str()) {
            return Ok(Some(text));
        }
        let rule = format!("Member must satisfy enum value set: [{}]", of.join(", "));
        Err(constraint(name, &rule))
    }

    /// A list of texts.
    pub(crate) fn list(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let wrong = || constraint(name, "Member must be a list of strings");
        let list = value.as_array().ok_or_else(wrong)?;
        list.iter()
            .map(|entry| entry.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect::<Result<Vec<_>, _>>()
            .map(Some)
    }

    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, Refusal> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(Self::of(members.clone()))),
            Some(_) => Err(constraint(name, "Member must be a structure")),
        }
    }

    /// A map of texts, whose keys and values are of these lengths at most.
    pub(crate) fn text_map(&self, name: &str, key_max: usize, value_max: usize) -> Result<(), Refusal> {
        let Some(value) = self.0.get(name) else {
            return Ok(());
        };
        let members = value.as_object().ok_or_else(|| constraint(name, "Member must be a map"))?;
        for (key, value) in members {
            let value = value.as_str().ok_or_else(|| constraint(name, "Map value must be a string"))?;
            length(name, key, 1, key_max)?;
            length(name, value, 0, value_max)?;
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// Holds a text to its length in characters.
pub(crate) fn length(name: &str, text: &str, min: usize, max: usize) -> Result<(), Refusal> {
    let length = text.chars().count();
    if length < min {
        let rule = format!("Member must have length greater than or equal to {min}");
        return Err(constraint(name, &rule));
    }
    if length > max {
        let rule = format!("Member must have length less than or equal to {max}");
        return Err(constraint(name, &rule));
    }
    Ok(())
}

/// The vendor's way to name a member that is wrong.
pub(crate) fn constraint(name: &str, rule: &str) -> Refusal {
    let mut lower = name.to_owned();
    if let Some(first) = lower.get_mut(0..1) {
        first.make_ascii_lowercase();
    }
    Refusal::validation(format!(
        "1 validation error detected: Value at '{lower}' failed to satisfy constraint: {rule}"
    ))
}
