namespace Foof.Validation

open System
open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// The labels of the Fisher by name.
[<ReferenceEquality>]
type internal Rule = { Name: string; Fisher: Fisher }

/// A problem, the core's factor of it, and the explicit gradients.
[<ReferenceEquality>]
type internal Setup = {
    Problem: Example
    Layers: Layer array
    G: FisherFactor
    /// The labels that the gradients are taken at, for Fishers with one label for each data point.
    Labels: torch.Tensor voption
    Points: Point array
    /// F written out.
    F: Matrix<float>
    /// Two vectors to multiply, in the order of the weights.
    Vectors: Vector<float> array
}

/// Makes setups: equal ones for equal seeds.
[<RequireQualifiedAccess>]
module internal Setup =

    /// Every label rule.
    let rules: Rule list = [
        { Name = "monte carlo"; Fisher = Fisher.MonteCarlo 2 }
        { Name = "full"; Fisher = Fisher.Ggn }
        { Name = "empirical"; Fisher = Fisher.Empirical }
    ]

    /// A problem as the core takes it.
    let asGiven (problem: Example) layers generator : Foof.Problem = {
        Model = problem.Network
        Layers = layers
        Likelihood = problem.Likelihood
        Generator = generator
    }

    /// The labels that a generator with this seed draws for the whole batch.
    let private draws (problem: Example) samples (seed: int64) =
        use _quiet = torch.no_grad ()
        let f = problem.Network.call problem.Input
        use generator = new torch.Generator(uint64 seed, torch.get_default_device ())

        Array.init samples (fun _ -> Likelihood.sample problem.Likelihood f generator)

    let private labels (problem: Example) fisher seed =
        match fisher with
        | Fisher.MonteCarlo samples -> Labels.Given(draws problem samples seed)
        | Fisher.Ggn -> Labels.All
        | Fisher.Empirical -> Labels.Given [| problem.Target |]

    /// Standard normal numbers that do not come from libtorch.
    let private vectors (seed: int64) (order: int) =
        let random = Random(int seed)

        let normal () = sqrt (-2.0 * log (1.0 - random.NextDouble())) * cos (2.0 * Math.PI * random.NextDouble())

        Array.init 2 (fun _ -> Vector<float>.Build.Dense(order, (fun _ -> normal ())))

    /// A problem from its kind, and everything about its Fisher by a label rule.
    let make (kind: Kind) (fisher: Fisher) (seed: int64) =
        torch.random.manual_seed seed |> ignore
        let problem = kind.Make()

        let layers = (Coverage.all problem.Network).Layers

        let batch = { Input = problem.Input; Target = problem.Target }

        use generator = new torch.Generator(uint64 seed, torch.get_default_device ())

        let G = Fisher.factor (asGiven problem layers generator) fisher batch

        let labels = labels problem fisher seed
        let points = PointGradients.points problem labels

        {
            Problem = problem
            Layers = layers
            G = G
            Labels =
                match labels with
                | Labels.Given [| y |] -> ValueSome y
                | _ -> ValueNone
            Points = points
            F = PointGradients.fisher points
            Vectors = vectors seed (Array.sum (PointGradients.orders points))
        }
