namespace Foof

open TorchSharp

/// Derivatives of a network's outputs with respect to its weights as a factor: nothing of size p is written out.
[<RequireQualifiedAccess>]
module Jacobian =

    let private unitVectors (output: torch.Tensor) =
        let n = output.size 0
        let entries = output.numel () / n

        let unitVector (c: int64) =
            // Of the output's shape and not of its strides: a transposed output has no view of two dimensions.
            let direction =
                torch.zeros (output.shape, dtype = output.dtype, device = output.device)

            direction.view(n, entries).select(1L, c).fill_(1.0.ToScalar()) |> ignore
            direction

        struct (Seq.init (int entries) (int64 >> unitVector), 1.0)

    /// The output f and the factor J with the column d f_ic / d theta for each data point i and entry c, c-major: column
    /// c n + i.
    ///
    /// One forward pass and one backward pass to the layers' outputs for each entry; the model runs in the mode that it
    /// is in. Shapes: -> f [n; ...], J of n C columns that count one each. The results belong to the caller. Raises what
    /// `Fisher.factor` raises.
    let factor (problem: Problem) (input: torch.Tensor) =
        if input.numel () = 0L then
            invalidArg (nameof input) "input must hold at least one data point; got none."

        Scope.owned (fun () -> Fisher.atOutput problem input unitVectors) (fun struct (output, J) ->
            output :: FisherFactor.tensors J)

    /// The mean gradient of the loss from the factor of the data set's labels, 1/n sum_i g_i (`Fisher.Empirical`).
    ///
    /// Shapes: -> one [d_out; d_in] a layer. The result belongs to the caller.
    let meanGradient (empirical: FisherFactor) =
        Scope.owned
            (fun () ->
                let like = (FisherFactor.tensors empirical).Head

                let counts =
                    empirical.Parts
                    |> Array.map (fun part ->
                        torch.full (
                            LayerFactor.columns part.Layers[0],
                            sqrt part.Weight,
                            dtype = like.dtype,
                            device = like.device
                        ))

                FisherFactor.times (torch.cat (counts, 0L)) empirical)
            Seq.ofArray
