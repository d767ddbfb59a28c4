namespace Foof

open System
open TorchSharp

/// The state of the processor's random numbers, as `torch.get_rng_state` gives it.
[<RequireQualifiedAccess>]
module GeneratorState =

    // What libtorch writes: the seed in 8 bytes, how many of 624 words are left, whether it was seeded, the next word.
    let private holds (bytes: byte array) =
        let left, next = BitConverter.ToInt32(bytes, 8), BitConverter.ToUInt64(bytes, 16)
        left > 0 && left <= 624 && next <= 624UL && BitConverter.ToInt32(bytes, 12) = 1

    let private isState (state: torch.Tensor) =
        Scope.value (fun () ->
            let own = torch.get_rng_state ()
            state.dtype = own.dtype
            && state.device_type = own.device_type
            && state.shape = own.shape
            && holds (state.data<byte>().ToArray()))

    /// Raises an ArgumentException unless `torch.set_rng_state` takes this state: it ends the process on any other one.
    let check (name: string) (state: torch.Tensor) =
        if not (isState state) then
            invalidArg
                name
                ($"'{name}' must be a state of this libtorch's random numbers, as get_rng_state gives it; "
                 + $"got [{Shape.text state.shape}] of {state.dtype}.")

/// Random numbers that a checkpoint can hold: draw k comes from a generator seeded by (seed, k), so that two numbers
/// say where the sequence stands. TorchSharp ends the process when the state of a generator itself is set.
/// Owns its generator.
[<Sealed>]
type internal Draws(seed: int64) =
    let mutable seed = seed
    let mutable count = 0L
    let mutable own: torch.Generator = null

    /// The k-th seed by the finaliser of splitmix64, so that neighbouring k have nothing in common.
    /// (Steele et al. 2014)
    let mixed (k: int64) =
        let z = uint64 seed + uint64 k * 0x9E3779B97F4A7C15UL
        let z = (z ^^^ (z >>> 30)) * 0xBF58476D1CE4E5B9UL
        let z = (z ^^^ (z >>> 27)) * 0x94D049BB133111EBUL
        int64 ((z ^^^ (z >>> 31)) >>> 1)

    let on (device: torch.Device) =
        if isNull own || not (Require.isSameDevice own.device device) then
            if not (isNull own) then own.Dispose()
            own <- new torch.Generator(0UL, device)
        own

    /// A sequence whose seed is drawn from `generator`, null for the default one: equal generators give equal
    /// sequences.
    static member From(generator: torch.Generator) =
        let source = if isNull generator then torch.Generator.Default else generator
        let seed =
            Scope.value (fun () ->
                torch
                    .randint(0L, Int64.MaxValue, [| 1L |], torch.ScalarType.Int64, source.device, generator = source)
                    .item<int64>())
        new Draws(seed)

    /// The seed and how many draws there were; setting them goes to that place of that sequence.
    member _.Position
        with get () = struct (seed, count)
        and set (struct (newSeed: int64, newCount: int64)) =
            seed <- newSeed
            count <- newCount

    /// The generator of the next draw, on the device of the tensors; it stays the sequence's.
    member _.Next(device: torch.Device) =
        count <- count + 1L
        (on device).manual_seed(mixed count)

    interface IDisposable with
        member _.Dispose() = if not (isNull own) then own.Dispose()
