namespace Foof

open System

/// A factorisation did not succeed at its first attempt.
[<Sealed>]
type FallbackEventArgs(layer: string, description: string) =
    inherit EventArgs()

    /// The layer's name.
    member _.Layer = layer

    /// What failed and what was used instead, in one sentence.
    member _.Description = description
