namespace Foof.Explicit

open Foof
open TorchSharp

/// One use of a layer in a forward pass, with tensors of the graph.
[<ReferenceEquality>]
type internal Call = {
    /// Which layer, in the order of `Network.Layers`.
    Layer: int
    Input: torch.Tensor
    Output: torch.Tensor
    /// Which positions count; null where all do.
    Mask: torch.Tensor
}

/// A small network that can give its layers' inputs and outputs without the core's help.
[<Sealed>]
type internal Network
    (
        layers: (string * torch.nn.Module<torch.Tensor, torch.Tensor>) list,
        run: (int -> torch.Tensor -> torch.Tensor) -> torch.Tensor -> torch.Tensor
    ) as this =
    inherit torch.nn.Module<torch.Tensor, torch.Tensor>("Network")

    let parts = layers |> List.map snd |> List.toArray
    let calls = ResizeArray<Call>()

    let record layer (input: torch.Tensor) =
        let output = parts[layer].call input

        calls.Add { Layer = layer; Input = input; Output = output; Mask = PositionMask.Current }

        output

    do
        for name, layer in layers do
            this.register_module (name, layer)

    /// The layers, each with weights of its own.
    member _.Layers = parts

    /// The output, and every use of a layer on the way.
    member _.Trace(input: torch.Tensor) =
        calls.Clear()
        let output = run record input
        struct (output, calls.ToArray())

    override _.forward input =
        let output = run record input
        calls.Clear()
        output

/// A network with a batch, and what its outputs mean.
[<ReferenceEquality>]
type internal Example = {
    Network: Network
    Likelihood: Likelihood
    Input: torch.Tensor
    /// The data set's labels.
    Target: torch.Tensor
}

/// A problem by name; `Make` draws it from libtorch's default generator.
[<ReferenceEquality>]
type internal Kind = {
    Name: string
    /// Whether labels are ignored.
    Ignores: bool
    Make: unit -> Example
}
