//! DescribeView and GetAuthenticationUrl.

use super::Reader;
use crate::dialect::amazon_connect::{Reply, View};
use crate::dialect::{Answer, Refusal};
use crate::secret::DownloadUrl;
use crate::wire::json::{Int, List, Text, object};

/// Characters of a view's id (API model: `ViewId`).
const ID_CHARS: usize = 500;

/// Characters of a view's name, and of each of its actions (API model: `ViewName`, `ViewAction`).
const NAME_CHARS: usize = 255;

/// Characters of a resource's name, for which the API model has no limit: as long as AWS makes them anywhere.
const ARN_CHARS: usize = 2_048;

/// Actions of one view. A form has a handful of buttons.
const ACTIONS: usize = 256;

/// Characters of the address of a log-in page (API model: `AuthenticationUrl`).
const AUTHENTICATION_URL_CHARS: usize = 2_083;

object! {
    /// DescribeView.
    pub(super) struct Described<'a> {
        view: WireView<'a> = "View",
    }
}

object! {
    pub(super) struct WireView<'a> {
        id: Text<'a> = "Id",
        arn: Text<'a> = "Arn",
        name: Text<'a> = "Name",
        version: Int = "Version",
        content: ViewContent<'a> = "Content",
    }
}

object! {
    pub(super) struct ViewContent<'a> {
        actions: List<Text<'a>, ACTIONS> = "Actions",
        input_schema: Text<'a> = "InputSchema",
        template: Text<'a> = "Template",
    }
}

object! {
    /// GetAuthenticationUrl.
    pub(super) struct Authentication<'a> {
        url: Text<'a> = "AuthenticationUrl",
    }
}

impl Reader<'_> {
    pub(super) fn view(self, described: Described<'_>) -> Result<Answer, Refusal> {
        let view = described.view.ok_or_else(|| self.unreadable("a View"))?;
        let content = view.content.unwrap_or_default();
        let actions = content.actions.map_or_else(Vec::new, |list| list.0).into_iter();
        let actions = actions.map(|action| self.text(Some(action), "actions", NAME_CHARS));
        let view = View {
            id: self.text(view.id, "an Id", ID_CHARS)?,
            arn: self.text(view.arn, "an Arn", ARN_CHARS)?,
            name: self.text(view.name, "a Name", NAME_CHARS)?,
            version: view.version.and_then(|version| version.0),
            actions: actions.filter_map(Result::transpose).collect::<Result<_, _>>()?,
            // Whole documents, as long as the body that they came in may be.
            input_schema: content.input_schema.map(Text::into_owned),
            template: content.template.map(Text::into_owned),
        };
        Ok(Answer::AmazonConnect(Reply::View { view }))
    }

    pub(super) fn authentication_url(self, authentication: Authentication<'_>) -> Result<Answer, Refusal> {
        let url = self.secret(authentication.url, "AuthenticationUrl", AUTHENTICATION_URL_CHARS)?;
        let url = url.ok_or_else(|| self.unreadable("an AuthenticationUrl"))?;
        Ok(Answer::AmazonConnect(Reply::AuthenticationUrl { url: DownloadUrl::new(url.expose()) }))
    }
}
