//! A table of how each specialty is practised: how common it is, how long a visit lasts, what it costs.

/// One row per specialty, by its slug.
pub(super) struct Practice {
    pub slug: &'static str,
    /// How common it is, relative to the others of the same tradition.
    pub weight: usize,
    /// Percentage of the fee of an ordinary visit.
    pub fee_percent: usize,
    pub slot_minutes: u16,
    pub video_percent: usize,
    /// Percentage of women among the doctors.
    pub women_percent: usize,
    /// First and postgraduate degrees as written in India.
    pub degrees: &'static str,
    /// A list of what patients come for; each entry can follow "for".
    pub focus: &'static str,
    /// A second specialty that some also practise.
    pub second: Option<&'static str>,
    pub group: Option<Group>,
}

/// A session for several people at once.
#[derive(Clone, Copy)]
pub(super) struct Group {
    /// Percentage of the doctors who offer it.
    pub percent: usize,
    /// The hour of the wall time at which it starts; it lasts an hour. Outside of all ordinary hours.
    pub starts_hour: u32,
    /// How the bio names it.
    pub what: &'static str,
}

const fn row(
    slug: &'static str,
    (weight, fee_percent, slot_minutes, video_percent): (usize, usize, u16, usize),
    degrees: &'static str,
    focus: &'static str,
) -> Practice {
    Practice {
        slug,
        weight,
        fee_percent,
        slot_minutes,
        video_percent,
        women_percent: 48,
        degrees,
        focus,
        second: None,
        group: None,
    }
}

impl Practice {
    const fn also(self, second: &'static str) -> Self {
        Self { second: Some(second), ..self }
    }

    const fn mostly_women(self) -> Self {
        Self { women_percent: 85, ..self }
    }

    const fn group(self, percent: usize, starts_hour: u32, what: &'static str) -> Self {
        Self { group: Some(Group { percent, starts_hour, what }), ..self }
    }
}

#[rustfmt::skip] // A table: one line each.
pub(super) const PRACTICES: &[Practice] = &[
    row("general-medicine", (10, 100, 15, 55), "MBBS, MD (General Medicine)", "fevers, high blood pressure, diabetes, tiredness without a name, second opinions"),
    row("family-medicine", (6, 90, 15, 60), "MBBS, DNB (Family Medicine)", "everyday illness, vaccinations, check-ups, blood pressure, coughs and colds").also("general-medicine"),
    row("paediatrics", (7, 110, 15, 45), "MBBS, MD (Paediatrics)", "newborn checks, vaccinations, childhood asthma, fevers, feeding and growth"),
    row("gynaecology", (7, 130, 20, 35), "MBBS, MS (Obstetrics and Gynaecology)", "antenatal care, painful periods, menopause, contraception, PCOS").mostly_women().group(30, 13, "an antenatal group"),
    row("dermatology", (6, 130, 15, 55), "MBBS, MD (Dermatology)", "acne, eczema, hair loss, psoriasis, moles that change"),
    row("cardiology", (4, 200, 20, 35), "MBBS, MD, DM (Cardiology)", "palpitations, chest pain, high blood pressure, heart failure, recovery after a heart attack").also("general-medicine"),
    row("orthopaedics", (5, 140, 15, 20), "MBBS, MS (Orthopaedics)", "knee pain, back pain, fractures, sports injuries, frozen shoulder"),
    row("ear-nose-throat", (4, 120, 15, 25), "MBBS, MS (ENT)", "sinus trouble, hearing loss, dizziness, snoring, sore throats"),
    row("ophthalmology", (4, 120, 15, 10), "MBBS, MS (Ophthalmology)", "cataract, glaucoma, dry eyes, diabetic eye checks, children's sight"),
    row("dentistry", (6, 100, 30, 5), "BDS, MDS", "toothache, root canals, gum disease, braces, anxious patients"),
    row("psychiatry", (4, 170, 30, 80), "MBBS, MD (Psychiatry)", "anxiety, low mood, sleep, grief, alcohol and other dependence"),
    row("neurology", (3, 200, 20, 40), "MBBS, MD, DM (Neurology)", "migraine, epilepsy, tremor, numbness, recovery after a stroke").also("general-medicine"),
    row("gastroenterology", (3, 180, 20, 35), "MBBS, MD, DM (Gastroenterology)", "acidity, irritable bowel, fatty liver, hepatitis, ulcers").also("general-medicine"),
    row("endocrinology", (3, 180, 20, 60), "MBBS, MD, DM (Endocrinology)", "diabetes, thyroid conditions, PCOS, weak bones, delayed growth").also("general-medicine").group(20, 13, "a diabetes class"),
    row("pulmonology", (3, 150, 20, 40), "MBBS, MD (Respiratory Medicine)", "asthma, a cough that stays, COPD, sleep apnoea, tuberculosis").also("allergy"),
    row("nephrology", (2, 190, 20, 30), "MBBS, MD, DM (Nephrology)", "protein in the urine, kidney failure, dialysis, high blood pressure, life with a new kidney"),
    row("urology", (2, 180, 20, 25), "MBBS, MS, MCh (Urology)", "kidney stones, prostate trouble, bladder control, urine infections, vasectomy"),
    row("general-surgery", (3, 140, 15, 15), "MBBS, MS (General Surgery)", "hernia, gallstones, piles, lumps, wounds"),
    row("oncology", (2, 220, 30, 40), "MBBS, MD, DM (Medical Oncology)", "breast cancer, bowel cancer, second opinions, chemotherapy, life after treatment"),
    row("rheumatology", (2, 180, 20, 45), "MBBS, MD, DM (Rheumatology)", "rheumatoid arthritis, gout, lupus, back stiffness, painful hands").also("general-medicine"),
    row("rehabilitation", (3, 110, 30, 25), "MBBS, MD (Physical Medicine and Rehabilitation)", "recovery after a stroke, back pain, sports injuries, walking aids, strength after surgery").group(30, 13, "a back-care class"),
    row("geriatrics", (2, 130, 30, 50), "MBBS, MD (Geriatric Medicine)", "falls, memory, many medicines at once, weak bones, care at home").also("general-medicine"),
    row("allergy", (2, 140, 20, 50), "MBBS, MD, Fellowship in Allergy and Immunology", "hay fever, hives, food allergy, eczema, medicine reactions"),
    row("infectious-diseases", (2, 170, 20, 50), "MBBS, MD, Fellowship in Infectious Diseases", "dengue, tuberculosis, HIV care, fevers after travel, travel vaccinations").also("general-medicine"),
    row("kayachikitsa", (8, 80, 20, 50), "BAMS, MD (Ayu) Kayachikitsa", "digestion, joint pain, long fevers, skin complaints, migraine").also("panchakarma"),
    row("panchakarma", (6, 130, 30, 25), "BAMS, MD (Ayu) Panchakarma", "oil therapies, basti, nasya, seasonal cleansing, back pain").also("kayachikitsa"),
    row("shalya", (2, 110, 20, 10), "BAMS, MS (Ayu) Shalya Tantra", "piles, fistula, kshara sutra, wounds that do not heal, heel pain"),
    row("shalakya", (2, 90, 20, 20), "BAMS, MS (Ayu) Shalakya Tantra", "eye strain, sinus trouble, dry eyes, mouth ulcers, hearing"),
    row("stri-roga", (4, 100, 20, 40), "BAMS, MS (Ayu) Prasuti and Stri Roga", "painful periods, PCOS, antenatal care, recovery after birth, menopause").mostly_women().group(25, 13, "an antenatal group"),
    row("kaumarabhritya", (3, 90, 20, 40), "BAMS, MD (Ayu) Kaumarabhritya", "poor appetite, recurring colds, growth, bed-wetting, sleep in small children"),
    row("agada", (1, 90, 20, 40), "BAMS, MD (Ayu) Agada Tantra", "skin reactions, insect bites, allergies, itching, food sensitivities"),
    row("rasayana", (2, 110, 30, 50), "BAMS, MD (Ayu) Kayachikitsa", "recovery after illness, healthy ageing, low strength, immunity, tiredness").also("kayachikitsa"),
    row("vajikarana", (1, 120, 30, 60), "BAMS, MD (Ayu) Kayachikitsa", "fertility, preparing for pregnancy, sexual health, low energy, stress in couples"),
    row("swasthavritta", (2, 80, 20, 60), "BAMS, MD (Ayu) Swasthavritta", "daily routine, food for the season, weight, sleep, quitting tobacco").also("yoga-therapy").group(40, 7, "a morning group"),
    row("manasa-roga", (2, 110, 30, 70), "BAMS, MD (Ayu) Manasa Roga", "worry, poor sleep, low mood, stress at work, shirodhara"),
    row("yoga-therapy", (3, 70, 30, 50), "BNYS, MD (Yoga)", "back pain, asthma, stress, stiff necks, high blood pressure").also("swasthavritta").group(100, 7, "a morning yoga group"),
];
