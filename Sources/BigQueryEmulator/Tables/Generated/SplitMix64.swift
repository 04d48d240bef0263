/// Sebastiano Vigna's splitmix64: numbers that depend on nothing but the seed, on every platform.
struct SplitMix64 {
    private var state: UInt64

    init(state: UInt64) {
        self.state = state
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `bound - 1`.
    mutating func number(below bound: Int64) -> Int64 {
        Int64(next() % UInt64(bound))
    }

    /// True once in `interval` times.
    mutating func isRare(_ interval: UInt64) -> Bool {
        next() % interval == 0
    }

    mutating func element<Element>(of elements: [Element]) -> Element {
        elements[Int(next() % UInt64(elements.count))]
    }
}
