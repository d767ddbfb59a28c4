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
