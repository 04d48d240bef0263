/// Synthetic articles: wide text columns in many scripts, with many characters that JSON escapes.
struct TextRows: RowShape {
    let typicalRowBytes: Int64 = 870

    let fields: [SchemaField] = [
        SchemaField(name: "id", type: .int64, mode: .required, description: "The row's position"),
        SchemaField(name: "title", type: .string),
        SchemaField(name: "body", type: .string),
        SchemaField(name: "translation", type: .string),
        SchemaField(name: "markup", type: .string),
        SchemaField(name: "path", type: .string),
        SchemaField(name: "log", type: .string),
        SchemaField(name: "comment", type: .string),
        SchemaField(name: "attachment", type: .bytes),
    ]

    func writeRow(_ position: Int64, into row: inout [SQLValue]) {
        var random = SplitMix64(state: UInt64(bitPattern: position))
        row.append(.integer(position))
        row.append(.text(Self.words(of: Self.latin, atLeast: 30 + random.number(below: 30), &random)))
        row.append(.text(Self.words(of: Self.latin, atLeast: 150 + random.number(below: 240), &random)))
        row.append(random.isRare(20) ? .null : .text(translation(&random)))
        row.append(random.isRare(15) ? .null : .text(markup(&random)))
        row.append(random.isRare(30) ? .null : .text(path(&random)))
        row.append(random.isRare(10) ? .null : .text(log(&random)))
        row.append(random.isRare(8) ? .null : .text(comment(&random)))
        row.append(random.isRare(25) ? .null : .bytes(attachment(&random)))
    }

    private func translation(_ random: inout SplitMix64) -> String {
        Self.words(of: random.element(of: Self.scripts), atLeast: 80 + random.number(below: 200), &random)
    }

    private func markup(_ random: inout SplitMix64) -> String {
        let tag = random.element(of: ["p", "em", "li", "td"])
        let text = Self.words(of: Self.latin, atLeast: 30 + random.number(below: 90), &random)
        return "<\(tag) class=\"c\(random.number(below: 100))\">\(text) &amp; more</\(tag)>"
    }

    private func path(_ random: inout SplitMix64) -> String {
        let folders = (0..<(3 + random.number(below: 4))).map { _ in random.element(of: Self.latin) }
        return "C:\\Users\\\(folders.joined(separator: "\\"))\\\(random.number(below: 100_000)).txt"
    }

    private func log(_ random: inout SplitMix64) -> String {
        let lines = (0..<(1 + random.number(below: 4))).map { number in
            "\(number)\t\(Self.words(of: Self.latin, atLeast: 30 + random.number(below: 30), &random))"
        }
        return lines.joined(separator: random.isRare(2) ? "\n" : "\r\n")
    }

    private func comment(_ random: inout SplitMix64) -> String {
        let words = Self.words(of: Self.latin, atLeast: 20 + random.number(below: 60), &random)
        return "\"\(words)\" \(Self.words(of: Self.emoji, atLeast: 4 + random.number(below: 30), &random))"
    }

    private func attachment(_ random: inout SplitMix64) -> [UInt8] {
        (0..<(2 + random.number(below: 7))).flatMap { _ in
            let bits = random.next()
            return (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) }
        }
    }

    /// Returns words separated by spaces, with at least `byteCount` bytes of UTF-8.
    private static func words(of list: [String], atLeast byteCount: Int64, _ random: inout SplitMix64) -> String {
        var text = random.element(of: list)
        text.reserveCapacity(Int(byteCount) + 32)
        while text.utf8.count < byteCount {
            text += " "
            text += random.element(of: list)
        }
        return text
    }
}

extension TextRows {
    private static let latin = list(
        """
        the of and a to in is you that it he was for on are as with his they I at be this have from or one had by \
        word but not what all were we when your can said there use an each which she do how their if will up other \
        about out many then them these so some her would make like him into time has look two more write go see \
        number no way could people my than first water been call who oil its now find long down day did get come \
        made may part été naïve Straße año façade smörgås Łódź œuvre don't it's R&D <none> "so-called" 3.14 n/a
        """)
    private static let scripts = [cyrillic, chinese, arabic, devanagari]
    private static let cyrillic = list(
        """
        и в не он на я что тот быть с а весь это как она по но они к у ты из мы за вы так же от сказать этот который \
        мочь человек о один ещё бы такой только себя своё какой когда уже для вот кто да говорить год знать мой до \
        или если время рука нет самый ни стать большой даже другой наш свой ну под где дело есть сам раз чтобы два \
        там чем глаз жизнь первый день тут во ничто потом очень со хотеть ли при голова надо без видеть идти теперь
        """)
    private static let chinese = list(
        """
        的 一 是 不 了 人 我 在 有 他 这 中 大 来 上 个 国 到 说 们 为 子 和 你 地 出 道 也 时 年 得 就 那 要 下 以 生 会 自 着 去 之 过 家 学 \
        对 可 里 后 小 么 心 多 天 而 能 好 都 然 没 日 于 起 还 发 成 事 只 作 当 想 看 文 无 开 手 十 用 主 行 方 又 如 前 所 本 见 经 头 面 公 同 三
        """)
    private static let arabic = list(
        """
        في من على إلى عن مع هذا هذه ذلك التي الذي كان كانت يكون قال كل بعض غير بين بعد قبل عند حتى إذا لكن أو ثم قد \
        لم لن ما لا نعم يوم سنة وقت بيت مدينة كتاب ماء شمس قمر أرض سماء رجل امرأة طفل صديق عمل طريق باب نافذة كلمة لغة
        """)
    private static let devanagari = list(
        """
        के में है की से का को और पर यह वह एक नहीं भी हैं ने तो कि लिए कर हो था इस अपने कुछ साथ जो बहुत दिन समय घर पानी लोग काम \
        बात साल जीवन देश भाषा शब्द किताब सूरज चाँद धरती आकाश दोस्त बच्चा रास्ता दरवाज़ा खिड़की शहर गाँव नदी पेड़ फूल रंग आवाज़
        """)
    private static let emoji = list("😀 😂 🥰 👍 👩‍👩‍👧 🇺🇳 🚕 ☔ 🎁 🐕 🔥 ✅ ❤️ 🤷🏽‍♀️ 🧪 🗺️")

    private static func list(_ text: String) -> [String] {
        text.split(separator: " ").map(String.init)
    }
}
