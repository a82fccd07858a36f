//! Matters, and what sessions and dockets make of them.

use super::*;
use domain::deliberation::docket::{
    Agenda, AgendaTopic, Carried, Command, Docket, Mode, Participant, RoleOnTopic, TopicRole,
};
use domain::testing::{code, constitution, text};

fn take_in(word: &str, title: &str) -> pb::TakeInMatterRequest {
    pb::TakeInMatterRequest {
        command_id: id(word),
        body_code: "JOINT".into(),
        title: title.into(),
        case_reference: Some("12345-2027-0001".into()),
        ..Default::default()
    }
}

impl Fixture {
    async fn taken_in(&self, word: &str, title: &str) -> pb::TakeInMatterResponse {
        self.service.take_in_matter(clerk(take_in(word, title))).await.unwrap().into_inner()
    }

    async fn matter(&self, matter_id: &str) -> pb::Matter {
        let get = pb::GetMatterRequest { at_least_position: self.bench.end(), matter_id: matter_id.into() };
        self.service.get_matter(clerk(get)).await.unwrap().into_inner().matter.unwrap()
    }

    /// The stage of the matter of a session's topic.
    async fn stage_of_topic(&self, session_id: &str, nth: usize) -> pb::MatterStage {
        let topics = self.session(session_id).await.outline.unwrap().topics;
        self.matter(topics[nth].matter_id.as_ref().unwrap()).await.stage()
    }

    async fn requested(&self, word: &str, matter_id: Option<String>) -> Result<String, Status> {
        let mut request = request(word);
        request.outline.as_mut().unwrap().topics[0].matter_id = matter_id;
        let requested = self.service.request_session(clerk(request)).await?.into_inner();
        Ok(requested.session.unwrap().session_id)
    }

    async fn does(&self, docket: Uuid, word: &str, command: Command) -> u64 {
        let context = CommandContext::of_process("deliberation", derived_id(docket, &[word]));
        self.service.kit.execute::<Docket>(&context, docket, command).await.unwrap().position
    }
}

fn matter_of(response: pb::TakeInMatterResponse) -> pb::Matter {
    response.matter.unwrap()
}

#[tokio::test]
async fn a_matter_is_found_by_its_case_and_what_is_like_it_is_offered() {
    let fixture = Fixture::furnished().await;
    let first = matter_of(fixture.taken_in("one", "柳树巷雨后积水整治").await);
    fixture.bench.end();
    let list = pb::ListMattersRequest {
        at_least_position: fixture.bench.end(),
        case_reference: Some("12345-2027-0001".into()),
        settled: Some(false),
        ..Default::default()
    };
    let listed = fixture.service.list_matters(clerk(list)).await.unwrap().into_inner().matters;
    assert_eq!(listed.iter().map(|row| &row.matter_id).collect::<Vec<_>>(), [&first.matter_id]);

    let again = fixture.taken_in("two", "柳树巷积水整治").await;
    let similar: Vec<_> = again.similar.iter().map(|it| (it.kind(), &it.similar_id)).collect();
    assert_eq!(similar, [(pb::SimilarKind::Matter, &first.matter_id)]);
    let unlike = fixture.taken_in("three", "城北菜市场搬迁").await;
    assert_eq!(unlike.similar, []);

    let merge = pb::MergeMatterRequest {
        command_id: id("merge"),
        matter_id: matter_of(again).matter_id,
        into_matter_id: first.matter_id.clone(),
        reason: "同一件事".into(),
        ..Default::default()
    };
    let merged = fixture.service.merge_matter(clerk(merge)).await.unwrap().into_inner().matter.unwrap();
    assert_eq!(merged.merged_into_matter_id.as_ref(), Some(&first.matter_id));
    assert_eq!(fixture.matter(&first.matter_id).await.merged_matter_ids, [merged.matter_id]);
}

#[tokio::test]
async fn a_matter_is_found_by_words_and_by_its_case_however_they_are_typed_and_by_nobody_who_may_not_see_it()
{
    let fixture = Fixture::furnished().await;
    let found = async |department: &str, list: &pb::ListMattersRequest| {
        let list = pb::ListMattersRequest { at_least_position: fixture.bench.end(), ..list.clone() };
        let list = by(list, department, Role::Clerk);
        let rows = fixture.service.list_matters(list).await.unwrap().into_inner().matters;
        rows.into_iter().map(|row| row.matter_id).collect::<Vec<_>>()
    };
    let words = |text: &str| pb::ListMattersRequest { text: Some(text.into()), ..Default::default() };
    let case =
        |text: &str| pb::ListMattersRequest { case_reference: Some(text.into()), ..Default::default() };
    let mut alley = take_in("one", "柳树巷DN600雨后积水整治");
    alley.summary = Some("每逢暴雨，小学门口积水".into());
    let alley = matter_of(fixture.service.take_in_matter(clerk(alley)).await.unwrap().into_inner()).matter_id;
    let mut market = take_in("two", "城北菜市场搬迁");
    market.case_reference = Some("ＺＪ-2027-0002".into());
    let market =
        matter_of(fixture.service.take_in_matter(clerk(market)).await.unwrap().into_inner()).matter_id;
    for (list, ids) in [
        (words("柳树"), vec![&alley]),
        (words("ｄｎ６００ 小学"), vec![&alley]),
        (words("12345-2027"), vec![&alley]),
        (words("２０２７"), vec![&alley, &market]),
        (words("柳树 菜市场"), vec![]),
        (case(" １２３４５-2027-0001 "), vec![&alley]),
        (case("zj-2027-0002"), vec![&market]),
        (case("ZJ-2027"), vec![]),
    ] {
        assert_eq!(found("NDRC", &list).await.iter().collect::<Vec<_>>(), ids, "{list:?}");
        // Somebody whom neither concerns finds nothing, whatever is asked for.
        assert!(found("PRESS", &list).await.is_empty(), "{list:?}");
    }
}

#[tokio::test]
async fn a_deferred_matter_comes_back_by_itself_and_the_body_says_how_often() {
    let fixture = Fixture::furnished().await;
    let matter_id = matter_of(fixture.taken_in("one", "柳树巷积水整治").await).matter_id;
    let defer = |word: &str, resume_on: &str| pb::DeferMatterRequest {
        command_id: id(word),
        matter_id: matter_id.clone(),
        resume_on: resume_on.into(),
        reason: "资料不全".into(),
        ..Default::default()
    };
    let past = fixture.service.defer_matter(clerk(defer("past", "2027-03-01"))).await.unwrap_err();
    assert_eq!(refusal(&past, "resume_on").0, "RESUMES_IN_THE_PAST");
    for (resume_on, now) in [("2027-03-08", "2027-03-07T16:00:00Z"), ("2027-03-10", "2027-03-09T16:00:00Z")] {
        fixture.service.defer_matter(clerk(defer(resume_on, resume_on))).await.unwrap();
        assert_eq!(fixture.matter(&matter_id).await.stage(), pb::MatterStage::Deferred);
        let before = fixture.bench.end();
        fixture.bench.move_clock(now);
        // The timer's record is the next one.
        let mut committed = fixture.service.kit.journal().committed();
        committed.wait_for(|position| *position > before).await.unwrap();
        assert_eq!(fixture.matter(&matter_id).await.stage(), pb::MatterStage::Backlog);
    }
    let third = fixture.service.defer_matter(clerk(defer("third", "2027-03-20"))).await.unwrap_err();
    assert_eq!(refusal(&third, "deferrals"), ("DEFERRALS_EXHAUSTED".into(), "2".into()));
}

#[tokio::test]
async fn a_topic_takes_a_matter_in_or_names_one_which_no_other_session_then_has() {
    let fixture = Fixture::furnished().await;
    let bare = fixture.requested("bare", None).await.unwrap();
    assert_eq!(fixture.stage_of_topic(&bare, 0).await, pb::MatterStage::OnAgenda);

    let matter_id = matter_of(fixture.taken_in("one", "柳树巷积水整治").await).matter_id;
    let named = fixture.requested("named", Some(matter_id.clone())).await.unwrap();
    let twice = fixture.requested("twice", Some(matter_id.clone())).await.unwrap_err();
    assert_eq!(refusal(&twice, "stage"), ("WRONG_STAGE".into(), "on an agenda".into()));
    let unknown = fixture.requested("unknown", Some(id("nobody"))).await.unwrap_err();
    assert_eq!(unknown.code(), Grpc::NotFound);

    let cancel = pb::CancelSessionRequest {
        command_id: id("cancel"),
        session_id: named.clone(),
        reason: "改期再议".into(),
        ..Default::default()
    };
    fixture.service.cancel_session(clerk(cancel)).await.unwrap();
    let matter = fixture.matter(&matter_id).await;
    assert_eq!((matter.stage(), matter.reason.as_deref()), (pb::MatterStage::Backlog, Some("改期再议")));
    let again = fixture.requested("again", Some(matter_id.clone())).await.unwrap();
    // The sessions of a matter are those on whose agenda it is or was; whoever may not know of it is told of none.
    let list = pb::ListSessionsRequest {
        at_least_position: fixture.bench.end(),
        order_by: "requested_at".into(),
        matter_id: Some(matter_id),
        ..Default::default()
    };
    let ids = async |request| {
        let sessions = fixture.service.list_sessions(request).await.unwrap().into_inner().sessions;
        sessions.into_iter().map(|session| session.session_id).collect::<Vec<_>>()
    };
    assert_eq!(ids(clerk(list.clone())).await, [named, again]);
    assert_eq!(ids(by(list.clone(), "PRESS", Role::Delegate)).await, Vec::<String>::new());
    let malformed = pb::ListSessionsRequest { matter_id: Some("nothing".into()), ..list };
    let refused = fixture.service.list_sessions(clerk(malformed)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["matter_id"]);
}

#[tokio::test]
async fn a_merged_session_leaves_its_topics_to_one_that_will_still_take_place() {
    let fixture = Fixture::furnished().await;
    let (one, two) = (fixture.admitted("one").await, fixture.admitted("two").await);
    let merge = |word: &str, session_id: &str, into: &str| pb::MergeSessionRequest {
        command_id: id(word),
        session_id: session_id.into(),
        into_session_id: into.into(),
        reason: "同一件事".into(),
        ..Default::default()
    };
    fixture.service.merge_session(clerk(merge("merge", &one, &two))).await.unwrap();
    let into = fixture.session(&two).await;
    assert_eq!((into.stage(), &into.merged_session_ids), (pb::SessionStage::Requested, &vec![one.clone()]));
    let outline = into.outline.unwrap();
    assert_eq!((outline.topics.len(), outline.duration_minutes), (2, 120));
    let moved = fixture.matter(outline.topics[1].matter_id.as_ref().unwrap()).await;
    assert_eq!((moved.session_id.as_ref(), moved.topic_number), (Some(&two), Some(2)));

    // Into one that was merged itself, or cancelled, nothing is merged.
    let three = fixture.admitted("three").await;
    let gone = fixture.service.merge_session(clerk(merge("gone", &three, &one))).await.unwrap_err();
    assert_eq!(refusal(&gone, "stage"), ("WRONG_STAGE".into(), "merged".into()));
    assert_eq!(fixture.stage_of_topic(&three, 0).await, pb::MatterStage::OnAgenda);
}

/// The docket of a session with one topic.
fn agenda(session: Uuid, matter: Uuid) -> Agenda {
    let carried = Some(Carried { matter, deferrals: 0, deferrals_max: 2 });
    Agenda {
        session,
        title: line("会商"),
        body: code("JOINT"),
        constitution: constitution(&["NDRC"]),
        requester: None,
        mode: Mode::Meeting,
        decide_by: None,
        remind_at: None,
        topics: vec![AgendaTopic {
            number: 1,
            title: line("资金来源"),
            timebox_minutes: 60,
            label: Default::default(),
            carried,
            section: None,
            parent: None,
        }],
        participants: vec![Participant {
            department: code("NDRC"),
            roles: vec![TopicRole { topic: 1, role: RoleOnTopic::Decides }],
        }],
    }
}

#[tokio::test]
async fn what_a_docket_refers_waits_for_the_other_body() {
    let fixture = Fixture::furnished().await;
    let city = pb::DefineBodyRequest { body_code: "CITY".into(), ..define("CITY", charter(None)) };
    fixture.service.define_body(operator(city)).await.unwrap();
    let session_id = fixture.requested("one", None).await.unwrap();
    let topics = fixture.session(&session_id).await.outline.unwrap().topics;
    let matter_id = topics[0].matter_id.clone().unwrap();
    let docket: Uuid = session_id.parse().unwrap();
    let prepare = Command::Prepare { agenda: agenda(docket, matter_id.parse().unwrap()) };
    let arrive = Command::RecordArrival { department: code("NDRC"), delegate: line("Li") };
    let refer = Command::ReferTopic { topic: 1, referred_to: code("CITY"), reason: text("超出职责") };
    let mut closed = 0;
    for (nth, command) in [prepare, arrive, Command::Open, refer, Command::Close].into_iter().enumerate() {
        closed = fixture.does(docket, &nth.to_string(), command).await;
    }
    let get = pb::GetMatterRequest { at_least_position: closed, matter_id: matter_id.clone() };
    let matter = fixture.service.get_matter(clerk(get)).await.unwrap().into_inner().matter.unwrap();
    assert_eq!(
        (matter.stage(), matter.referred_to_code.as_deref()),
        (pb::MatterStage::Referred, Some("CITY"))
    );

    let accept = pb::AcceptReferralRequest { command_id: id("accept"), matter_id, ..Default::default() };
    let accepted = fixture.service.accept_referral(clerk(accept)).await.unwrap().into_inner();
    let matter = accepted.matter.unwrap();
    assert_eq!((matter.stage(), matter.body_code.as_str()), (pb::MatterStage::Backlog, "CITY"));
}

#[tokio::test]
async fn the_parts_of_a_matter_have_been_deferred_as_often_as_it_was() {
    let fixture = Fixture::furnished().await;
    let matter_id = matter_of(fixture.taken_in("one", "柳树巷积水整治").await).matter_id;
    let defer = pb::DeferMatterRequest {
        command_id: id("defer"),
        matter_id: matter_id.clone(),
        resume_on: "2027-03-08".into(),
        reason: "资料不全".into(),
        ..Default::default()
    };
    fixture.service.defer_matter(clerk(defer)).await.unwrap();
    let part = |title: &str| pb::MatterPart { title: title.into(), summary: None };
    let split = pb::SplitMatterRequest {
        command_id: id("split"),
        matter_id: matter_id.clone(),
        parts: vec![part("排水管"), part("路面")],
        reason: "分别处理".into(),
        ..Default::default()
    };
    let split = fixture.service.split_matter(clerk(split)).await.unwrap().into_inner().matter.unwrap();
    let [pipe, _] = &split.split_into_matter_ids[..] else { panic!("{split:?}") };
    let pipe = fixture.matter(pipe).await;
    assert_eq!((pipe.stage(), pipe.deferrals), (pb::MatterStage::Backlog, 1));
    assert_eq!(pipe.split_from_matter_id, Some(matter_id));
}

#[tokio::test]
async fn a_matter_gives_its_label_to_a_topic_that_has_none_and_takes_no_weaker_one() {
    let fixture = Fixture::furnished().await;
    let secret = Some(pb::Label::Secret.into());
    let take_in = pb::TakeInMatterRequest { label: secret, ..take_in("secret", "泵站出售") };
    let matter = matter_of(fixture.service.take_in_matter(clerk(take_in)).await.unwrap().into_inner());
    assert_eq!(matter.label(), pb::Label::Secret);

    let mut weaker = request("weaker");
    let topic = &mut weaker.outline.as_mut().unwrap().topics[0];
    topic.matter_id = Some(matter.matter_id.clone());
    topic.label = Some(pb::Label::Internal.into());
    let refused = fixture.service.request_session(clerk(weaker)).await.unwrap_err();
    assert_eq!(refusal(&refused, "needed"), ("LABEL_TOO_WEAK".into(), "secret".into()));

    let session_id = fixture.requested("session", Some(matter.matter_id.clone())).await.unwrap();
    let label = async || fixture.session(&session_id).await.outline.unwrap().topics[0].label;
    assert_eq!(label().await, secret, "that of its matter");
    let mut topics = fixture.session(&session_id).await.outline.unwrap().topics;
    topics[0].label = None;
    let revise = pb::ReviseSessionRequest {
        command_id: id("revise"),
        session_id: session_id.clone(),
        topics,
        ..Default::default()
    };
    fixture.service.revise_session(clerk(revise)).await.unwrap();
    assert_eq!(label().await, secret, "a revision that says none keeps it");

    let relabel = pb::RelabelTopicRequest {
        command_id: id("relabel"),
        session_id: session_id.clone(),
        topic_number: 1,
        label: pb::Label::Internal.into(),
        reason: "保密期已满".into(),
        ..Default::default()
    };
    fixture.service.relabel_topic(clerk(relabel)).await.unwrap();
    assert_eq!(label().await, None, "internal");
    assert_eq!(fixture.matter(&matter.matter_id).await.label(), pb::Label::Internal);
}

#[tokio::test]
async fn a_matter_is_settled_under_the_class_that_it_was_admitted_with() {
    // Given a matter of personnel whose session was admitted, and then cancelled
    let fixture = Fixture::furnished().await;
    let matter_id = matter_of(fixture.taken_in("one", "任免").await).matter_id;
    let wanted = |word: &str, class: pb::MatterClass| {
        let mut request = request(word);
        let outline = request.outline.as_mut().unwrap();
        outline.topics[0].matter_id = Some(matter_id.clone());
        outline.set_matter_class(class);
        fixture.service.request_session(clerk(request))
    };
    let cancel = async |word: &str, session_id: String| {
        let (command_id, reason) = (id(word), "改期".to_owned());
        let cancel = pb::CancelSessionRequest { command_id, session_id, reason, ..Default::default() };
        fixture.service.cancel_session(clerk(cancel)).await.unwrap();
    };
    let session = |response: Result<tonic::Response<pb::RequestSessionResponse>, Status>| {
        response.unwrap().into_inner().session.unwrap().session_id
    };
    let ordinary = session(wanted("ordinary", pb::MatterClass::Ordinary).await);
    cancel("withdrawn before it was admitted", ordinary).await;
    let personnel = session(wanted("personnel", pb::MatterClass::Personnel).await);
    assert_eq!(fixture.matter(&matter_id).await.matter_class, None);
    fixture.service.screen_session(clerk(screen("screen", &personnel))).await.unwrap();
    fixture.service.admit_session(clerk(admit("admit", &personnel))).await.unwrap();
    assert_eq!(fixture.matter(&matter_id).await.matter_class(), pb::MatterClass::Personnel);
    cancel("cancel", personnel).await;
    // When a session of a weaker rule is requested for it, that is refused; until the chair says that it is of another class.
    let weaker = wanted("weaker", pb::MatterClass::Ordinary).await.unwrap_err();
    assert_eq!(refusal(&weaker, "matter_class"), ("OF_ANOTHER_CLASS".into(), "personnel".into()));
    let reclassify = pb::ReclassifyMatterRequest {
        command_id: id("reclassify"),
        matter_id: matter_id.clone(),
        matter_class: pb::MatterClass::Ordinary.into(),
        reason: "不涉及人事".into(),
        ..Default::default()
    };
    let by_another = fixture.service.reclassify_matter(by(reclassify.clone(), "MOF", Role::Chair)).await;
    assert_eq!(refusal(&by_another.unwrap_err(), "").0, "NOT_YOUR_DEPARTMENT");
    fixture.service.reclassify_matter(by(reclassify, "NDRC", Role::Chair)).await.unwrap();
    wanted("again", pb::MatterClass::Ordinary).await.unwrap();
}

#[tokio::test]
async fn what_never_got_an_outcome_is_listed_by_its_age() {
    // Given three matters of different days, the oldest deferred, and one that was withdrawn
    let fixture = Fixture::furnished().await;
    let mut ids = Vec::new();
    for (day, word, title) in [("01", "one", "积水"), ("02", "two", "菜市场"), ("03", "three", "路灯")]
    {
        fixture.bench.move_clock(&format!("2027-03-{day}T02:00:00Z"));
        ids.push(matter_of(fixture.taken_in(word, title).await).matter_id);
    }
    let withdraw = pb::WithdrawMatterRequest {
        command_id: id("withdraw"),
        matter_id: ids.remove(1),
        reason: "已办结".into(),
        ..Default::default()
    };
    fixture.service.withdraw_matter(clerk(withdraw)).await.unwrap();
    let defer = pb::DeferMatterRequest {
        command_id: id("defer"),
        matter_id: ids[0].clone(),
        resume_on: "2027-03-15".into(),
        reason: "资料不全".into(),
        ..Default::default()
    };
    fixture.service.defer_matter(clerk(defer)).await.unwrap();
    // Then those without an outcome come with the oldest first, whatever became of them since, or the newest if asked.
    let listed = async |order_by: &str| {
        let list = pb::ListMattersRequest {
            at_least_position: fixture.bench.end(),
            order_by: order_by.into(),
            settled: Some(false),
            ..Default::default()
        };
        let listed = fixture.service.list_matters(clerk(list)).await.unwrap().into_inner().matters;
        listed.into_iter().map(|row| row.matter_id).collect::<Vec<_>>()
    };
    assert_eq!(listed("").await, ids);
    ids.reverse();
    assert_eq!(listed("taken_in_at desc").await, ids);
}
