use serde::{Deserialize, Serialize};

/// Who said or did something, as far as the provider told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "tests and hosts build it; providers tell no more than this")]
pub struct Participant {
    /// The provider's id of the participant (Amazon Connect `ParticipantId`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What part they play.
    pub role: Role,
    /// The name to show (Amazon Connect `DisplayName`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

/// What part a participant plays (Amazon Connect `ParticipantRole`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// The person who asks for support; ourselves.
    Customer,
    /// A person who gives it.
    Agent,
    /// The provider's flow or a bot of its own.
    System,
    /// A bot of the company's.
    Bot,
    /// Someone who watches or joins an agent.
    Supervisor,
    /// A role with a name that we do not know.
    Other(String),
    /// The provider did not say.
    Unknown,
}
