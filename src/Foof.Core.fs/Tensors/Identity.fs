namespace Foof

open TorchSharp
open TorchSharp.Modules

/// Which parameters are one.
[<RequireQualifiedAccess>]
module Identity =

    /// What tells a parameter from every other one. Handles do not: each reading of an embedding's weight makes another,
    /// so that a module which shares it has one of its own. The place in memory does.
    let ofParameter (parameter: Parameter) : struct (nativeint * int64) =
        let address =
            Scope.value (fun () ->
                match parameter.dtype with
                | torch.ScalarType.Float32 -> parameter.storage<float32>().data_ptr()
                | torch.ScalarType.Float64 -> parameter.storage<float>().data_ptr()
                // TorchSharp does not show where the others are.
                | _ -> 0n)

        match address with
        | 0n -> struct (parameter.Handle, -1L)
        | address -> struct (address, parameter.storage_offset ())
