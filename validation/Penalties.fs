/// Penalties of consolidated tasks against the explicit matrices of their Fishers.
module internal Foof.Validation.Penalties

open System
open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra

/// One task: its setup, and the weights after it.
[<ReferenceEquality>]
type private Learnt = { Setup: Setup; Centre: Vector<float> }

let private strength = 1.5
let private decay = 0.6

/// Curvature by name, and what it stands for: the matrix, or the pair of factors that it is the product of.
let private plain: (string * (Setup -> Curvature) * (Setup -> Matrix<float>)) list = [
    "low rank", (fun setup -> Structure.lowRank setup.G), _.F
    "diagonal", (fun setup -> Structure.diagonal setup.G), (fun setup -> Dense.onlyDiagonal setup.F)
    "kronecker",
    (fun setup -> Structure.kronecker Positions.Summed Positions.Averaged setup.G),
    (fun setup ->
        KroneckerFactors.product (KroneckerFactors.kronecker Positions.Summed Positions.Averaged setup.Points))
]

let private tasks (kind: Kind) (seed: int64) = [
    for place in 0L .. 2L do
        let setup = Setup.make kind Fisher.Ggn (seed + 100L * place)

        { Setup = setup; Centre = setup.Vectors[0] }
]

let private remember rule curvature tasks =
    tasks
    |> List.fold
        (fun learnt task ->
            let centre = Weights.unflatten task.Setup.G.Shapes task.Centre
            Consolidation.remember rule (curvature task.Setup) centre learnt)
        Consolidation.nothing

/// strength/2 sum w (theta - theta_t)^T F (theta - theta_t) and its gradient, one below the other.
let private expected (theta: Vector<float>) (terms: (Matrix<float> * Vector<float>) list) =
    let value, gradient = terms |> List.map (fun (F, centre) -> F, theta - centre) |> Gaussians.penalty

    Array.append [| strength * value |] ((gradient * strength).ToArray())

let private distance (theta: Vector<float>) shapes learnt terms =
    let { Value = value; Gradient = gradient } = Consolidation.penalty strength (Weights.unflatten shapes theta) learnt

    Dense.distance (expected theta terms) (Array.append (Dense.values value) (Weights.numbers gradient))

let private rule gathering merge = { Gathering = gathering; Merge = merge; Columns = ValueNone }

let private case
    (prefix: string)
    (tasks: Lazy<Learnt list>)
    (name: string, curvature: Setup -> Curvature, matrix: Setup -> Matrix<float>)
    : Case =
    let compare gathering terms () =
        let tasks = tasks.Value
        let theta = tasks.Head.Setup.Vectors[1]
        let learnt = remember (rule gathering false) curvature tasks
        distance theta tasks.Head.Setup.G.Shapes learnt (terms tasks)

    let own tasks = tasks |> List.map (fun task -> matrix task.Setup, task.Centre)

    let online tasks =
        let last = (List.last tasks).Centre

        tasks |> List.mapi (fun i task -> matrix task.Setup * Math.Pow(decay, float (tasks.Length - 1 - i)), last)

    Case.Exact(
        $"{prefix} / penalty / {name}",
        [|
            Comparison.check "separate" (compare Gathering.Separate own)
            Comparison.check "summed" (compare Gathering.Summed own)
            Comparison.check "online" (compare (Gathering.Online decay) online)
        |]
    )

/// One product in place of the sum, with exactly its trace.
let private mergedTrace (prefix: string) (tasks: Lazy<Learnt list>) : Case =
    let _, curvature, matrix = List.last plain

    let compare () =
        let learnt = remember (rule (Gathering.Online 1.0) true) curvature tasks.Value
        let trace = Curvature.trace learnt.Terms.Head.Curvature
        let wanted = tasks.Value |> List.sumBy (fun task -> (matrix task.Setup).Trace())
        Dense.distance [| wanted |] (Dense.values trace)

    Case.Exact($"{prefix} / penalty / kronecker merged", [| Comparison.check "trace" compare |])

let private compression (prefix: string) (tasks: Lazy<Learnt list>) : Case =
    let columns = 3

    let compressed () = Compression.leading columns tasks.Value.Head.Setup.G

    let matrix () =
        Dense.distanceOf
            (Dense.truncated columns tasks.Value.Head.Setup.F)
            (Dense.ofTensor (FisherFactor.dense (compressed ()).Factor))

    let discarded () =
        let F = tasks.Value.Head.Setup.F
        let share = 1.0 - (Dense.truncated columns F).Trace() / F.Trace()
        Dense.distance [| share |] [| (compressed ()).Discarded |]

    Case.Exact(
        $"{prefix} / compression",
        [| Comparison.check "leading columns" matrix; Comparison.check "discarded share" discarded |]
    )

/// The penalties of three tasks of one kind of network.
let suite (seed: int64) (kind: Kind) : Suite =
    let prefix = $"{kind.Name} / tasks"
    let tasks = lazy (tasks kind seed)

    {
        Prepare = Action(fun () -> tasks.Force() |> ignore)
        Cases = [| yield! plain |> List.map (case prefix tasks); mergedTrace prefix tasks; compression prefix tasks |]
    }
