//! Who appears in the stories: departments on several levels, rooms, a calendar, rules.

use crate::demo::stage::{Stage, tell};
use crate::installation::{Desk, command_id};
use crate::matter;
use proto::scheduling::events::v1::{
    DepartmentKind, DepartmentLevel, DepartmentProfile, MeetingRules, Weekday, WorkingCalendar,
};
use proto::scheduling::v1 as scheduling;

/// The members of the standing conference, with the department that convenes it first.
pub const CONFERENCE: [(&str, &str); 28] = [
    ("HOUSING", "Housing and Urban Development 住房城乡建设"),
    ("PLANNING", "Development and Reform 发展改革"),
    ("FINANCE", "Finance 财政"),
    ("LAND", "Natural Resources 自然资源"),
    ("TRANSPORT", "Transport 交通运输"),
    ("INDUSTRY", "Industry and Information 工业和信息化"),
    ("ECOLOGY", "Ecology and Environment 生态环境"),
    ("EDUCATION", "Education 教育"),
    ("SCIENCE", "Science and Technology 科技"),
    ("POLICE", "Public Security 公安"),
    ("CIVIL", "Civil Affairs 民政"),
    ("JUSTICE", "Justice 司法"),
    ("LABOUR", "Human Resources and Social Security 人力资源社会保障"),
    ("WATER", "Water Resources 水利"),
    ("FARMING", "Agriculture and Rural Affairs 农业农村"),
    ("COMMERCE", "Commerce 商务"),
    ("CULTURE", "Culture and Tourism 文化和旅游"),
    ("HEALTH", "Health 卫生健康"),
    ("VETERANS", "Veterans Affairs 退役军人"),
    ("EMERGENCY", "Emergency Management 应急管理"),
    ("AUDIT", "Audit 审计"),
    ("ASSETS", "State Assets 国有资产"),
    ("TAX", "Taxation 税务"),
    ("MARKET", "Market Regulation 市场监管"),
    ("STATISTICS", "Statistics 统计"),
    ("ENERGY", "Energy 能源"),
    ("FORESTRY", "Forestry and Grassland 林草"),
    ("DISABLED", "Disabled Persons' Federation 残联"),
];

/// The parties of one city, an enterprise and a non-profit among them.
const CITY: [(&str, &str, DepartmentKind); 6] = [
    ("CITY-HOTLINE", "12345 Hotline Centre 政务服务便民热线", DepartmentKind::Agency),
    ("CITY-ROADS", "City Roads 市政道路", DepartmentKind::Agency),
    ("CITY-WATER", "City Water Affairs 市水务", DepartmentKind::Agency),
    ("CITY-HOUSING", "City Housing 市住建", DepartmentKind::Agency),
    ("METRO", "Metro Company 地铁公司", DepartmentKind::Enterprise),
    ("BLUESKY", "Blue Sky Rescue 蓝天救援队", DepartmentKind::NonProfit),
];

/// Enters everybody into the directory, with rooms, the year's holidays, and the rules.
pub async fn enter(stage: &Stage, clerk: &Desk) -> anyhow::Result<()> {
    let profile = |code: &str, name: &str, level: DepartmentLevel, kind: DepartmentKind| DepartmentProfile {
        code: code.into(),
        name: name.into(),
        parent: None,
        level: level.into(),
        region: None,
        kind: kind.into(),
    };
    let national = CONFERENCE
        .iter()
        .map(|(code, name)| profile(code, name, DepartmentLevel::National, DepartmentKind::Agency));
    let city = CITY.iter().map(|(code, name, kind)| DepartmentProfile {
        region: Some("Linjiang 临江市".into()),
        ..profile(code, name, DepartmentLevel::Municipal, *kind)
    });
    let profiles: Vec<DepartmentProfile> = national.chain(city).collect();
    matter::register_departments(clerk, &profiles).await?;
    matter::register_room(clerk, "HALL", "Conference hall 第一会议室", 60).await?;
    matter::register_room(clerk, "ROOM-3", "Meeting room 3 三号会议室", 12).await?;

    let calendar = WorkingCalendar {
        time_zone: super::stage::ZONE.into(),
        weekend: vec![Weekday::Saturday.into(), Weekday::Sunday.into()],
        holidays: ["2027-04-05", "2027-05-01", "2027-05-02", "2027-05-03", "2027-05-04", "2027-05-05"]
            .map(String::from)
            .to_vec(),
        make_up_days: ["2027-04-25", "2027-05-08"].map(String::from).to_vec(),
    };
    stage
        .operator
        .call(scheduling::DefineCalendarRequest { command_id: command_id(), calendar: Some(calendar) })
        .await?;
    let rules = MeetingRules {
        topics_max: 3,
        minutes_max: 120,
        notice_days_min: 3,
        papers_days_min: 2,
        sessions_per_quarter_max: None,
    };
    clerk
        .call(scheduling::DefineRulesRequest {
            command_id: command_id(),
            body: "RENEWAL-CONFERENCE".into(),
            rules: Some(rules),
        })
        .await?;
    tell(format!(
        "The directory (部门名录) has {} departments, 2 rooms, the year's holidays and make-up days (调休).",
        profiles.len()
    ))?;
    tell(
        "The conference's rules (会议规则): at most 3 topics, 120 minutes, 3 days' notice, papers 2 days before.",
    )?;
    Ok(())
}
