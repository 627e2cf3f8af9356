//! Whatever stands in a request or a name.

use proptest::prelude::*;

use super::world::*;
use super::*;

proptest! {
    /// Whatever a vendor, an approver or a plant file says: a subject is one line,
    /// and a body has the lines that the program wrote and no others.
    #[test]
    fn nobody_s_text_breaks_out_of_its_line(
        purpose in any::<String>(),
        order in any::<String>(),
        reason in "(.|\r\n){0,600}",
        title in "(.|[\r\n\u{202e}\u{2028}]){0,200}",
        company in any::<String>(),
    ) {
        let mut site = site();
        site.title = title;
        let mut people = people();
        people[0].company = company;
        let plant = Plant { site: &site, people: &people };
        let mut asked = waiting(&[]);
        asked.purpose = purpose;
        asked.work_order = Some(order);
        let mut no = denied();
        no.state = RequestState::Denied { by: name("arne"), at: asked.created_at, reason };
        for (action, request, lines) in [("request.filed", asked, 9), ("request.denied", no, 7)] {
            let found = notices(&event(action, "system", None), &Matter::Request(request), plant);
            prop_assert!(!found.is_empty());
            for notice in found {
                let odd = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202e}');
                prop_assert!(!notice.subject.contains(odd), "{:?}", notice.subject);
                prop_assert!(notice.subject.chars().count() <= 150);
                prop_assert_eq!(notice.body.matches('\n').count(), lines, "{:?}", notice.body);
                prop_assert!(!notice.body.contains(|c| c != '\n' && odd(c)), "{:?}", notice.body);
                prop_assert!(notice.body.len() < 8000);
            }
        }
    }
}
