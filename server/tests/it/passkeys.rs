//! Passkeys, with an authenticator in software that can also do what honest ones never do.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::Duration;
use nadi::Failure;
use nadi::actor::{Access, SignedIn};
use nadi::appointment::Refusal;
use nadi::ids::AccountId;
use nadi::ports::{KnownAccount, PasskeyRequest};
use nadi::{Field, Problem};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use server::clock::Clock;
use server::config::StaffSecondFactor;
use server::ports;
use sha2::{Digest, Sha256};

use crate::support::Clinic;

const ORIGIN: &str = "http://localhost:3000";
const HOST: &str = "localhost";

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 4;
const HAS_CREDENTIAL: u8 = 64;

/// A passkey on a device.
struct Device {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    account: AccountId,
    counter: u32,
}

/// What the device and the browser say; the default is the truth.
struct Said<'a> {
    origin: &'a str,
    host: &'a str,
    flags: u8,
}

const HONEST: Said<'_> = Said { origin: ORIGIN, host: HOST, flags: USER_PRESENT | USER_VERIFIED };

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The options that the browser got, as JSON.
fn options(request: &PasskeyRequest) -> Value {
    serde_json::from_str(&request.options).expect("JSON")
}

fn client_data(kind: &str, request: &PasskeyRequest, said: &Said<'_>) -> Vec<u8> {
    let challenge = &options(request)["challenge"];
    let data = json!({
        "type": kind, "challenge": challenge, "origin": said.origin, "crossOrigin": false
    });
    data.to_string().into_bytes()
}

impl Device {
    fn of(account: &SignedIn) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).expect("a key");
        let id = Sha256::digest(key.public_key().as_ref()).to_vec();
        Self { key, id, account: account.account, counter: 0 }
    }

    fn authenticator_data(&self, said: &Said<'_>, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(said.host).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// The answer to a request to make a passkey (WebAuthn, 7.1), without attestation.
    fn make(&self, request: &PasskeyRequest, said: &Said<'_>) -> String {
        let mut data = self.authenticator_data(said, said.flags | HAS_CREDENTIAL);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("short").to_be_bytes());
        data.extend(&self.id);
        // The public key as CBOR (RFC 9053): key type 2, algorithm -7, curve 1, x and y.
        let public = self.key.public_key().as_ref();
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&public[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&public[33..65]);

        let mut attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        attestation.push(u8::try_from(data.len()).expect("short"));
        attestation.extend(data);
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "response": {
                "attestationObject": encode(attestation),
                "clientDataJSON": encode(client_data("webauthn.create", request, said)),
                "transports": ["internal"],
            },
            "clientExtensionResults": { "credProps": { "rk": true } },
        })
        .to_string()
    }

    /// The answer to a request to use it (WebAuthn, 7.2). Counts up, as hardware does.
    fn answer(&mut self, request: &PasskeyRequest, said: &Said<'_>) -> Value {
        self.counter += 1;
        let data = self.authenticator_data(said, said.flags);
        let client = client_data("webauthn.get", request, said);
        let signed = [data.as_slice(), &Sha256::digest(&client)].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("signed");
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "response": {
                "authenticatorData": encode(data),
                "clientDataJSON": encode(client),
                "signature": encode(signature),
                "userHandle": encode(self.account.0.as_bytes()),
            },
            "clientExtensionResults": {},
        })
    }
}

/// Somebody with a proven address, who has just signed in.
async fn somebody(clinic: &Clinic, name: &str) -> SignedIn {
    let access = Access { proved_at: Some(clinic.clock.now()), ..Access::default() };
    SignedIn { access, ..clinic.known_patient(name).await }
}

async fn request_new(clinic: &Clinic, who: &SignedIn) -> PasskeyRequest {
    let request = clinic.ports.second_factors.request_new_passkey(&clinic.caller(who)).await;
    request.expect("a request")
}

async fn add(
    clinic: &Clinic,
    who: &SignedIn,
    request: &PasskeyRequest,
    credential: &str,
) -> Result<(), Failure> {
    let (factors, caller) = (&clinic.ports.second_factors, clinic.caller(who));
    factors.add_passkey(&caller, &request.token, "My phone", credential).await
}

/// Adds a passkey on a new device.
async fn added(clinic: &Clinic, who: &SignedIn) -> Device {
    let (device, request) = (Device::of(who), request_new(clinic, who).await);
    add(clinic, who, &request, &device.make(&request, &HONEST)).await.expect("added");
    device
}

async fn request(clinic: &Clinic) -> PasskeyRequest {
    clinic.ports.sign_in.request_passkey(&clinic.visitor()).await.expect("a request")
}

async fn check(
    clinic: &Clinic,
    request: &PasskeyRequest,
    credential: &Value,
) -> Result<KnownAccount, Failure> {
    let credential = credential.to_string();
    clinic.ports.sign_in.check_passkey(&clinic.visitor(), &request.token, &credential).await
}

/// Signs in as an honest browser does.
async fn sign_in(clinic: &Clinic, device: &mut Device) -> Result<KnownAccount, Failure> {
    let request = request(clinic).await;
    let answer = device.answer(&request, &HONEST);
    check(clinic, &request, &answer).await
}

#[tokio::test]
async fn whoever_has_added_a_passkey_signs_in_with_it() {
    let clinic = Clinic::open().await;
    let asha = somebody(&clinic, "Asha").await;
    let wanted = options(&request_new(&clinic, &asha).await);
    assert_eq!(wanted["rp"]["id"], HOST);
    assert_eq!(wanted["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(wanted["authenticatorSelection"]["requireResidentKey"], true);
    assert_eq!(wanted["authenticatorSelection"]["userVerification"], "required");
    let mut device = added(&clinic, &asha).await;

    let wanted = options(&request(&clinic).await);
    assert_eq!(wanted["userVerification"], "required");
    assert_eq!(wanted["allowCredentials"], json!([]), "nothing about any account is revealed");
    clinic.clock.step(Duration::hours(1));
    for _ in 0..2 {
        let signed_in = sign_in(&clinic, &mut device).await.expect("the right passkey");
        assert_eq!((signed_in.id, signed_in.locale.as_str()), (asha.account, "en"));
        assert!(signed_in.two_factors);
    }
    let passkeys = clinic.ports.second_factors.passkeys(&clinic.caller(&asha)).await;
    let passkeys = passkeys.expect("passkeys");
    assert_eq!(passkeys.len(), 1);
    assert_eq!(passkeys[0].name, "My phone");
    assert_eq!(passkeys[0].last_used_at, Some(clinic.clock.now()));

    let told: Vec<String> = sqlx::query_scalar(
        "select data ->> 'what' from notifications where recipient_id = $1 order by id",
    )
    .bind(asha.account.0)
    .fetch_all(&clinic.pool)
    .await
    .expect("messages");
    assert_eq!(told, ["passkey_added"]);
}

#[tokio::test]
async fn an_answer_that_is_not_the_one_asked_for_is_refused() {
    let clinic = Clinic::open().await;
    let asha = somebody(&clinic, "Asha").await;
    let ravi = somebody(&clinic, "Ravi").await;
    let mut device = added(&clinic, &asha).await;
    added(&clinic, &ravi).await;

    // On another site, for another site, and without asking its owner.
    for said in [
        Said { origin: "https://evil.example", ..HONEST },
        Said { origin: "https://localhost:3000", ..HONEST },
        Said { origin: "http://sub.localhost:3000", ..HONEST },
        Said { host: "evil.example", ..HONEST },
        Said { flags: USER_PRESENT, ..HONEST },
        Said { flags: 0, ..HONEST },
    ] {
        let request = request(&clinic).await;
        let answer = device.answer(&request, &said);
        let refused = check(&clinic, &request, &answer).await;
        assert_eq!(refused, Err(Failure::WrongPasskey), "{} {}", said.origin, said.host);
    }

    // Changed after it was signed.
    let changes: [(&str, String); 4] = [
        ("clientDataJSON", String::new()),
        ("signature", encode([1, 2, 3])),
        ("userHandle", encode(ravi.account.0.as_bytes())),
        ("authenticatorData", encode([0; 37])),
    ];
    for (field, value) in changes {
        let request = request(&clinic).await;
        let mut answer = device.answer(&request, &HONEST);
        answer["response"][field] = if field == "clientDataJSON" {
            let said = Said { origin: "https://evil.example", ..HONEST };
            encode(client_data("webauthn.get", &request, &said)).into()
        } else {
            value.into()
        };
        assert_eq!(check(&clinic, &request, &answer).await, Err(Failure::WrongPasskey), "{field}");
    }

    // An answer to another request, and the same answer a second time.
    let (first, second) = (request(&clinic).await, request(&clinic).await);
    let answer = device.answer(&first, &HONEST);
    assert_eq!(check(&clinic, &second, &answer).await, Err(Failure::WrongPasskey));
    assert!(check(&clinic, &first, &answer).await.is_ok());
    assert_eq!(check(&clinic, &first, &answer).await, Err(Failure::WrongPasskey));

    // No passkey at all, and too late.
    let empty = request(&clinic).await;
    assert_eq!(check(&clinic, &empty, &json!({})).await, Err(Failure::WrongPasskey));
    let late = request(&clinic).await;
    let answer = device.answer(&late, &HONEST);
    clinic.clock.step(Duration::minutes(5));
    assert_eq!(check(&clinic, &late, &answer).await, Err(Failure::WrongPasskey));
    assert!(sign_in(&clinic, &mut device).await.is_ok(), "the passkey itself is fine");
}

#[tokio::test]
async fn a_wrong_answer_uses_the_request_up() {
    let clinic = Clinic::open().await;
    let asha = somebody(&clinic, "Asha").await;
    let mut device = added(&clinic, &asha).await;
    let request = request(&clinic).await;
    let said = Said { origin: "https://evil.example", ..HONEST };
    let (wrong, right) = (device.answer(&request, &said), device.answer(&request, &HONEST));
    assert_eq!(check(&clinic, &request, &wrong).await, Err(Failure::WrongPasskey));
    assert_eq!(check(&clinic, &request, &right).await, Err(Failure::WrongPasskey));
}

#[tokio::test]
async fn a_copy_of_a_passkey_is_noticed_by_its_counter() {
    let clinic = Clinic::open().await;
    let asha = somebody(&clinic, "Asha").await;
    let mut device = added(&clinic, &asha).await;
    sign_in(&clinic, &mut device).await.expect("signed in");
    sign_in(&clinic, &mut device).await.expect("signed in");
    // The copy was made before.
    device.counter = 0;
    assert_eq!(sign_in(&clinic, &mut device).await, Err(Failure::WrongPasskey));
}

#[tokio::test]
async fn nobody_signs_in_to_an_account_that_is_closed_or_without_the_passkey() {
    let clinic = Clinic::open().await;
    let asha = somebody(&clinic, "Asha").await;
    let mut stranger = Device::of(&asha);
    assert_eq!(sign_in(&clinic, &mut stranger).await, Err(Failure::WrongPasskey));

    let mut device = added(&clinic, &asha).await;
    sqlx::query("update accounts set archived_at = created_at where id = $1")
        .bind(asha.account.0)
        .execute(&clinic.pool)
        .await
        .expect("closed");
    assert_eq!(sign_in(&clinic, &mut device).await, Err(Failure::WrongPasskey));
    sqlx::query("update accounts set archived_at = null where id = $1")
        .bind(asha.account.0)
        .execute(&clinic.pool)
        .await
        .expect("open again");
    assert!(sign_in(&clinic, &mut device).await.is_ok());

    let caller = clinic.caller(&asha);
    let id = clinic.ports.second_factors.passkeys(&caller).await.expect("passkeys")[0].id;
    let ravi = somebody(&clinic, "Ravi").await;
    let foreign = clinic.ports.second_factors.remove_passkey(&clinic.caller(&ravi), id).await;
    assert_eq!(foreign, Err(Failure::NotFound));
    clinic.ports.second_factors.remove_passkey(&caller, id).await.expect("removed");
    assert_eq!(sign_in(&clinic, &mut device).await, Err(Failure::WrongPasskey));
}

#[tokio::test]
async fn a_passkey_is_added_by_whoever_was_asked_to_and_where() {
    let clinic = Clinic::open().await;
    let asha = somebody(&clinic, "Asha").await;
    let ravi = somebody(&clinic, "Ravi").await;
    let device = Device::of(&asha);

    let request = request_new(&clinic, &asha).await;
    let answer = device.make(&request, &HONEST);
    let foreign = add(&clinic, &ravi, &request, &answer).await;
    assert_eq!(foreign, Err(Failure::WrongPasskey), "the request was Asha's");
    for said in [
        Said { origin: "https://evil.example", ..HONEST },
        Said { host: "evil.example", ..HONEST },
        Said { flags: USER_PRESENT, ..HONEST },
    ] {
        let request = request_new(&clinic, &asha).await;
        let refused = add(&clinic, &asha, &request, &device.make(&request, &said)).await;
        assert_eq!(refused, Err(Failure::WrongPasskey), "{} {}", said.origin, said.host);
    }
    let sign_in = self::request(&clinic).await;
    let refused = add(&clinic, &asha, &sign_in, &device.make(&sign_in, &HONEST)).await;
    assert_eq!(refused, Err(Failure::WrongPasskey), "a request to sign in");
    assert_eq!(clinic.count("select count(*) from passkeys").await, 0);

    let (factors, caller) = (&clinic.ports.second_factors, clinic.caller(&asha));
    let unnamed = factors.add_passkey(&caller, &request.token, " ", &answer).await;
    assert_eq!(unnamed, Err(Failure::field(Field::Name, Problem::Missing)));
    // Neither of the two that were refused for another reason has used the request up.
    add(&clinic, &asha, &request, &answer).await.expect("added");
    let again = request_new(&clinic, &asha).await;
    assert_eq!(options(&again)["excludeCredentials"][0]["id"], encode(&device.id));
    let again = add(&clinic, &asha, &again, &device.make(&again, &HONEST)).await;
    assert_eq!(again, Err(Failure::WrongPasskey), "the device has one already");
    let other = request_new(&clinic, &ravi).await;
    let other = add(&clinic, &ravi, &other, &device.make(&other, &HONEST)).await;
    assert_eq!(other, Err(Failure::WrongPasskey), "it is Asha's");
}

#[tokio::test]
async fn a_passkey_is_a_second_factor_that_staff_may_have_to_keep() {
    let mut clinic = Clinic::open().await;
    let doctor = SignedIn { doctor: Some(clinic.doctor), ..somebody(&clinic, "Doctor").await };
    clinic.app_state.settings.staff_second_factor = StaffSecondFactor::Required;
    clinic.ports = ports::ports(&clinic.app_state, None);
    added(&clinic, &doctor).await;
    added(&clinic, &doctor).await;
    let (factors, caller) = (&clinic.ports.second_factors, clinic.caller(&doctor));
    let passkeys = factors.passkeys(&caller).await.expect("passkeys");
    // Both at once: one of them stays.
    let (one, other) = tokio::join!(
        factors.remove_passkey(&caller, passkeys[0].id),
        factors.remove_passkey(&caller, passkeys[1].id)
    );
    let refused = Err(Refusal::SecondFactorRequired.into());
    assert!((one == Ok(()) && other == refused) || (one == refused && other == Ok(())));
    assert_eq!(factors.passkeys(&caller).await.expect("passkeys").len(), 1);
}
