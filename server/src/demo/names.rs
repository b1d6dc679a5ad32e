//! Names for invented people: common given and family names of a region, combined at random. A resemblance to
//! a real person is a coincidence.

/// Names that go together, and the languages that people with these names are likely to speak besides English.
pub(super) struct Names {
    pub women: &'static str,
    pub men: &'static str,
    pub families: &'static str,
    pub languages: &'static [&'static str],
}

const fn names(
    languages: &'static [&'static str],
    women: &'static str,
    men: &'static str,
    families: &'static str,
) -> Names {
    Names { women, men, families, languages }
}

pub(super) const KONKANI: Names = names(
    &["Konkani", "Marathi", "Hindi"],
    "Sukhada, Prachi, Gauri, Vaidehi, Shubhada, Ketaki, Manasi, Supriya, Swapna, Yogita, Rupali, Anagha, Sharvani, Tejal",
    "Ajay, Nilesh, Prasad, Rohan, Sagar, Ulhas, Vithal, Mahesh, Gopal, Damodar, Sandesh, Uday, Pundalik, Yatin",
    "Naik, Kamat, Prabhudesai, Shirodkar, Borkar, Gaonkar, Raikar, Sawant, Bhat, Parsekar, Lotlikar, Dhond, Verlekar, Sardessai, Kerkar",
);
pub(super) const GOAN_CATHOLIC: Names = names(
    &["Konkani", "Portuguese"],
    "Maria, Lavina, Sharon, Melba, Glenda, Ines, Bernadette, Anita, Celina, Philomena, Rochelle, Olga",
    "Savio, Agnelo, Lloyd, Nelson, Caetano, Joaquim, Roque, Mervyn, Wilfred, Anselmo, Darryl, Cyril",
    "Fernandes, D'Souza, Rodrigues, Pereira, Gomes, Mascarenhas, Lobo, Noronha, Colaco, Dias, Menezes, Sequeira, Barretto, Furtado",
);
pub(super) const MARATHI: Names = names(
    &["Marathi", "Hindi"],
    "Mrunal, Ashwini, Snehal, Pallavi, Vrushali, Madhuri, Sayali, Neelam, Aparna, Manjiri, Tanvi, Sonal, Rasika, Dhanashree",
    "Aniket, Sachin, Tushar, Milind, Chetan, Kedar, Vinayak, Mandar, Hemant, Shekhar, Omkar, Abhijit",
    "Kulkarni, Deshpande, Jadhav, Patil, Joshi, Bhosale, Gokhale, Shinde, Pawar, Kale, Chavan, Phadke, Wagh, Salunkhe, Mhatre, Thorat, Ranade, Nimbalkar",
);
pub(super) const KANNADA: Names = names(
    &["Kannada", "Hindi"],
    "Shruthi, Vidya, Pavithra, Sahana, Nandini, Roopa, Bhavya, Chaitra, Soumya, Veena, Lakshmi, Kavya",
    "Manjunath, Raghavendra, Prakash, Chethan, Naveen, Harish, Suresh, Santosh, Basavaraj, Guruprasad, Kiran, Vinay",
    "Hegde, Gowda, Shenoy, Bhat, Rao, Shetty, Kamath, Patil, Murthy, Acharya, Hiremath, Poojary, Upadhya, Angadi, Prabhu, Nayak",
);
pub(super) const MALAYALAM: Names = names(
    &["Malayalam"],
    "Anjali, Sreeja, Divya, Reshma, Bindu, Remya, Parvathy, Lekha, Asha, Gayathri, Sindhu, Beena, Tessy, Jisha",
    "Vinod, Sreekumar, Anil, Biju, Rajeev, Jayan, Unni, Hari, Manoj, Sanal, Thomas, Jacob, Abdul, Faizal",
    "Nair, Menon, Pillai, Kurian, Varghese, Namboothiri, Warrier, Panicker, Mathew, Chacko, Kurup, Kutty, Cherian, Thampi, Rahman, Vaidyar",
);
pub(super) const TAMIL: Names = names(
    &["Tamil"],
    "Kavitha, Meenakshi, Revathi, Priya, Deepa, Malarvizhi, Sangeetha, Uma, Nithya, Tamilselvi, Janani, Yamuna, Abirami, Hema",
    "Karthik, Murugan, Senthil, Saravanan, Arun, Balaji, Ganesan, Dinesh, Ilango, Vignesh, Prabhu, Sivakumar, Anbu, Rajesh",
    "Subramanian, Natarajan, Krishnan, Sundaram, Chandrasekar, Pandian, Venkatesan, Rajan, Arumugam, Ramaswamy, Selvam, Iyer, Palanisamy, Thangavel, Raghavan, Muthusamy",
);
pub(super) const TELUGU: Names = names(
    &["Telugu", "Hindi"],
    "Swathi, Sravani, Padma, Lavanya, Sirisha, Haritha, Madhavi, Sunitha, Anusha, Jyothi, Radhika, Bhargavi",
    "Srinivas, Venkat, Ramesh, Phani, Naresh, Kishore, Chandra, Sridhar, Praveen, Raghu, Kalyan, Satish",
    "Reddy, Rao, Naidu, Sarma, Chowdary, Varma, Gudipati, Kondapalli, Vemuri, Bandaru, Mallampalli, Tadepalli, Yarlagadda, Pothula, Kommineni, Devulapalli",
);
pub(super) const GUJARATI: Names = names(
    &["Gujarati", "Hindi"],
    "Hetal, Bhumika, Krupa, Jagruti, Nisha, Falguni, Dhara, Kinjal, Ami, Urvi, Parul, Mital",
    "Jignesh, Bhavesh, Mehul, Hitesh, Nirav, Chirag, Dharmesh, Kalpesh, Jayesh, Tejas",
    "Patel, Shah, Mehta, Desai, Trivedi, Joshi, Pandya, Bhatt, Parikh, Solanki, Vyas, Dave, Chauhan, Thakkar, Raval, Vaidya",
);
pub(super) const HINDI: Names = names(
    &["Hindi"],
    "Pooja, Shalini, Ritu, Archana, Vandana, Kiran, Meera, Sunita, Garima, Shikha, Alka, Nidhi, Preeti, Swati, Richa, Monika, Anupama",
    "Amit, Rakesh, Vivek, Manish, Alok, Deepak, Saurabh, Ashish, Gaurav, Nitin, Rajiv, Mukesh, Anurag, Tarun, Sudhir, Ravindra",
    "Sharma, Verma, Gupta, Mishra, Tiwari, Srivastava, Agarwal, Dubey, Pandey, Chaturvedi, Saxena, Rawat, Negi, Bisht, Rathore, Shekhawat, Jain, Tripathi, Dwivedi, Thakur, Sinha, Oraon, Sahu, Bansal",
);
pub(super) const URDU: Names = names(
    &["Urdu", "Hindi"],
    "Ayesha, Fatima, Nazia, Sana, Zainab, Rubina, Shabnam, Farah, Nikhat, Saba",
    "Asif, Irfan, Nadeem, Tariq, Junaid, Arshad, Sajid, Rizwan, Wasim",
    "Siddiqui, Ansari, Qureshi, Farooqui, Hashmi, Naqvi, Rizvi, Usmani, Zaidi, Alvi, Mirza, Hakim",
);
pub(super) const PUNJABI: Names = names(
    &["Punjabi", "Hindi"],
    "Harpreet, Jasleen, Simran, Navneet, Gurleen, Manpreet, Rajni, Kamaljit, Parneet, Sukhmani, Ravneet",
    "Gurpreet, Harjit, Jaspal, Paramjit, Rupinder, Tejinder, Karan, Sukhdev, Baljit, Amandeep, Inderjit, Navdeep",
    "Sandhu, Gill, Dhillon, Grewal, Bajwa, Arora, Khurana, Sidhu, Bedi, Ahluwalia, Sethi, Randhawa, Mann, Chawla, Sood, Bhatia",
);
pub(super) const BENGALI: Names = names(
    &["Bengali", "Hindi"],
    "Ananya, Moumita, Sharmila, Sudeshna, Paromita, Debjani, Rituparna, Sreya, Indrani, Mitali, Tanushree, Arpita",
    "Subrata, Anirban, Debashis, Partha, Somnath, Kaushik, Dipankar, Arindam, Tapas, Pinaki",
    "Banerjee, Chatterjee, Mukherjee, Ghosh, Das, Roy, Dutta, Bhattacharya, Saha, Majumdar, Chakraborty, Sarkar, Biswas, Kundu, Sengupta, Lahiri",
);
pub(super) const BANGLADESHI: Names = names(
    &["Bengali"],
    "Nusrat, Farzana, Tahmina, Sharmin, Rokeya, Shaila, Mahbuba, Nasrin, Taslima, Afsana",
    "Rafiqul, Mahmudul, Shahidul, Kamrul, Tanvir, Ashraf, Mizanur, Zahid, Habibur, Saiful",
    "Rahman, Islam, Hossain, Chowdhury, Ahmed, Khatun, Karim, Alam, Talukder, Sikder, Bhuiyan, Haque",
);
pub(super) const ODIA: Names = names(
    &["Odia", "Hindi"],
    "Sasmita, Lopamudra, Subhashree, Itishree, Pragyan, Smruti, Barsha, Madhusmita, Jhunu, Puspita",
    "Bikash, Debabrata, Sarat, Prasanta, Biswajit, Manoranjan, Jyotiranjan, Pradipta, Soumya, Tapan",
    "Mohanty, Mishra, Panda, Sahoo, Pradhan, Nayak, Behera, Dash, Rout, Swain, Satpathy, Tripathy",
);
pub(super) const ASSAMESE: Names = names(
    &["Assamese", "Hindi"],
    "Jonaki, Rashmi, Mousumi, Barnali, Nilakshi, Pompi, Dipshikha, Munmi, Juri, Bhanita",
    "Bhaskar, Dhruba, Hiranya, Jayanta, Mridul, Nabajit, Pranjal, Rituraj, Utpal, Simanta",
    "Baruah, Gogoi, Saikia, Bora, Kalita, Deka, Hazarika, Phukan, Bordoloi, Talukdar, Mahanta, Neog",
);
pub(super) const KASHMIRI: Names = names(
    &["Kashmiri", "Urdu"],
    "Mehak, Insha, Rukhsana, Shazia, Nighat, Asifa, Tabassum, Iqra, Sabreena, Ruhi",
    "Bilal, Mudasir, Showkat, Aijaz, Feroz, Javid, Nisar, Sheikh, Umar, Parvaiz",
    "Bhat, Dar, Lone, Wani, Mir, Rather, Shah, Malik, Drabu, Kaul, Raina, Zargar",
);
pub(super) const NEPALI: Names = names(
    &["Nepali", "Hindi"],
    "Sabina, Sarita, Bimala, Pramila, Anju, Samjhana, Kabita, Nirmala, Rachana, Sushma",
    "Bishnu, Dipendra, Suman, Prabin, Rabindra, Keshav, Narayan, Santosh, Binod, Rajan",
    "Shrestha, Adhikari, Karki, Gurung, Tamang, Bhattarai, Poudel, Thapa, Maharjan, Acharya, Rai, Khadka, Dahal, Joshi",
);
pub(super) const SINHALA: Names = names(
    &["Sinhala"],
    "Dilini, Nadeesha, Chathurika, Sanduni, Iresha, Kumari, Thilini, Hasini, Ruwani, Anoma",
    "Nuwan, Chaminda, Ruwan, Kasun, Lasith, Dinuka, Pradeep, Saman, Asanka, Janaka",
    "Perera, Fernando, de Silva, Jayasinghe, Gunawardena, Wickramaratne, Bandara, Herath, Ekanayake, Weerasekera, Abeysinghe, Samarasinghe",
);
pub(super) const ARABIC: Names = names(
    &["Arabic"],
    "Layla, Mariam, Huda, Noura, Rania, Salma, Amal, Dina, Hanan, Reem, Lina, Samar",
    "Omar, Khalid, Yousef, Tariq, Hassan, Faisal, Karim, Nabil, Samir, Walid, Majid, Rashid",
    "Haddad, Al Mansoori, Nasser, Khoury, Al Harbi, Saleh, Farouk, Darwish, Al Zahrani, Mansour, Aziz, Sabbagh, Al Kuwari, Hamdan",
);
pub(super) const CHINESE: Names = names(
    &["Mandarin"],
    "Hui Min, Li Ting, Mei Ling, Xin Yi, Siew Ling, Jia Hui, Wen Qi, Shu Fen",
    "Wei Jie, Jun Hao, Kok Wai, Zhi Hao, Boon Keat, Yi Xiang, Chee Keong, Ming Yang",
    "Tan, Lim, Lee, Ng, Ong, Goh, Chua, Koh, Teo, Yeo, Chong, Wong, Ho, Foo",
);
pub(super) const MALAY: Names = names(
    &["Malay"],
    "Nurul, Siti, Aisyah, Farhana, Hidayah, Liyana, Syazwani, Zulaikha",
    "Ahmad, Hafiz, Faizal, Azman, Ridzuan, Shahrul, Khairul, Zulkifli",
    "Ismail, Abdullah, Ibrahim, Hashim, Yusof, Othman, Rahim, Salleh, Osman, Jaafar",
);
pub(super) const ENGLISH: Names = names(
    &[],
    "Emily, Hannah, Claire, Rachel, Alice, Fiona, Lucy, Eleanor, Ruth, Sophie, Naomi, Margaret, Bridget, Joanna",
    "Oliver, Daniel, Simon, Peter, Andrew, Martin, Duncan, Nathan, Hugh, Gareth, Patrick, Stephen, Callum, Edward",
    "Whitfield, Barlow, Hargreaves, Ellison, Pritchard, Marsh, Callaghan, Thornton, Kerr, Doyle, Ashworth, Penrose, Lockwood, Fairley, Brennan, Winslow",
);
pub(super) const GERMAN: Names = names(
    &["German"],
    "Katrin, Ulrike, Sabine, Johanna, Friederike, Lena, Birgit, Annika, Heike, Charlotte",
    "Matthias, Jürgen, Tobias, Stefan, Lukas, Henning, Andreas, Florian, Götz, Ralf",
    "Brandt, Hofmeister, Lindner, Schreiber, Köhler, Vogt, Neumann, Baumann, Kranz, Albrecht, Zimmerli, Reuter",
);
pub(super) const PORTUGUESE: Names = names(
    &["Portuguese"],
    "Beatriz, Mariana, Catarina, Inês, Helena, Luísa, Teresa, Joana, Cláudia, Renata, Patrícia, Débora",
    "João, Tiago, Rui, André, Nuno, Gustavo, Thiago, Rafael, Otávio, Marcelo, Diogo, Vicente",
    "Carvalho, Teixeira, Azevedo, Moreira, Nogueira, Cardoso, Antunes, Figueiredo, Vasconcelos, Rezende, Lacerda, Brandão, Pinheiro, Queirós",
);
pub(super) const SPANISH: Names = names(
    &["Spanish"],
    "Lucía, Carmen, Valeria, Gabriela, Ximena, Pilar, Rosario, Daniela, Paloma, Mónica",
    "Diego, Andrés, Javier, Ricardo, Álvaro, Mateo, Emilio, Rodrigo, Hugo, Esteban",
    "Morales, Castañeda, Herrera, Rivas, Cordero, Salazar, Montoya, Peralta, Villanueva, Zamora, Escobedo, Ibarra",
);
pub(super) const EAST_AFRICAN: Names = names(
    &["Swahili"],
    "Wanjiru, Akinyi, Chebet, Njeri, Atieno, Wambui, Zuhura, Nyambura, Makena, Achieng",
    "Kamau, Otieno, Kiprop, Mwangi, Ochieng, Baraka, Juma, Mutua, Kiptoo, Njoroge",
    "Kariuki, Odhiambo, Cheruiyot, Wafula, Gitau, Ouma, Muriuki, Kimani, Barasa, Musyoka, Onyango, Kilonzo",
);
pub(super) const SOUTHERN_AFRICAN: Names = names(
    &["Zulu", "Sotho"],
    "Nomvula, Thandeka, Lerato, Zanele, Palesa, Nokuthula, Ayanda, Busisiwe",
    "Sipho, Thabo, Bongani, Lwazi, Kagiso, Mandla, Tshepo, Vusi",
    "Dlamini, Nkosi, Mokoena, Khumalo, Ndlovu, Molefe, Mthembu, Radebe, Sithole, Mabaso",
);
pub(super) const MAURITIAN: Names = names(
    &["French", "Mauritian Creole"],
    "Marie, Vanessa, Kavita, Sandrine, Yashna, Nathalie, Oomah, Devina",
    "Jean-Luc, Kevin, Vikash, Olivier, Pravesh, Didier, Ashvin, Stéphane",
    "Ramgoolah, Beeharry, Lagesse, Jugurnath, Appadoo, Desvaux, Seebaluck, Moutou, Purmessur, Gopaul",
);
pub(super) const PACIFIC: Names = names(
    &["Māori"],
    "Aroha, Mere, Hinemoa, Kiri, Ngaire, Anahera, Marama, Tia",
    "Tāne, Wiremu, Rangi, Hemi, Nikau, Tama, Mikaere, Rawiri",
    "Parata, Tamihana, Kereama, Rewi, Paki, Heke, Wharepapa, Hohepa",
);
