use store::{NoticeChannel, NoticeRow, NoticeState};

use crate::dto;

pub(crate) fn notice(notice: NoticeRow) -> dto::Notice {
    let at = match notice.state {
        NoticeState::Waiting { next } => next,
        NoticeState::Sent { at } | NoticeState::Failed { at } => at,
    };
    let channel = notice.channel.as_str().to_owned();
    let webhook = match notice.channel {
        NoticeChannel::Email => None,
        NoticeChannel::Webhook(name) => Some(name),
    };
    dto::Notice {
        id: notice.id.to_string(),
        event: notice.event,
        kind: notice.kind.to_string(),
        account: notice.account.to_string(),
        channel,
        webhook,
        subject: notice.subject,
        path: notice.path,
        created_at: notice.created_at,
        state: notice.state.as_str().to_owned(),
        at,
        tries: notice.tries,
        last_error: notice.last_error,
    }
}
