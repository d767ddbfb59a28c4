/// A soft committee in closed form: its order parameters, gradient, Fisher and flow.
///
/// Units g(u) = erf(u / sqrt 2), students J, teachers B, x ~ N(0, I), Q = J J^T, R = J B^T, T = B B^T; for small
/// rates dJ_i/dt = -grad_i, grad_i = sum_k P(J_i, J_k) - sum_n P(J_i, B_n) with P(J, Z) = 2/pi 1/sqrt(D) (Z - J.Z /
/// (1 + J.J) J) and D = (1 + J.J)(1 + Z.Z) - (J.Z)^2, so that Q and R have a flow of their own. The Fisher has blocks
/// 2/pi 1/sqrt(D_ik) (I - ((1 + Q_kk) J_i J_i^T + (1 + Q_ii) J_k J_k^T - Q_ik (J_i J_k^T + J_k J_i^T)) / D_ik).
/// (Saad, Solla 1995; Rattray, Saad, Amari 1998)
module internal Foof.Validation.SoftCommittee

open System
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra

let N, units = 5, 2

/// The teacher, two orthogonal unit vectors, and T.
let B = Dense.build units N (fun i j -> if i = j then 1.0 else 0.0)
let private T = B * B.Transpose()

/// Q and R of a student, one above the other.
let orderParameters (J: Matrix<float>) = (J * J.Transpose()).Stack(J * B.Transpose())

let private parts (QR: Matrix<float>) = struct (QR.SubMatrix(0, units, 0, units), QR.SubMatrix(units, units, 0, units))

let private D (jj: float) (zz: float) (jz: float) = (1.0 + jj) * (1.0 + zz) - jz * jz

/// The generalisation error from the order parameters.
let errorOf (J: Matrix<float>) =
    let struct (Q, R) = parts (orderParameters J)

    let sum (M: Matrix<float>) (left: Matrix<float>) (right: Matrix<float>) =
        Seq.allPairs (seq { 0 .. units - 1 }) (seq { 0 .. units - 1 })
        |> Seq.sumBy (fun (i, k) -> asin (M[i, k] / sqrt ((1.0 + left[i, i]) * (1.0 + right[k, k]))))

    (sum Q Q Q + sum T T T - 2.0 * sum R Q T) / Math.PI

/// grad_i of every unit as coefficients: C J + S B.
let private coefficients (struct (Q: Matrix<float>, R: Matrix<float>)) =
    let C, S = Dense.zeros units units, Dense.zeros units units

    for i in 0 .. units - 1 do
        for k in 0 .. units - 1 do
            let own, other =
                2.0 / Math.PI / sqrt (D Q[i, i] Q[k, k] Q[i, k]), 2.0 / Math.PI / sqrt (D Q[i, i] T[k, k] R[i, k])
            C[i, k] <- C[i, k] + own
            C[i, i] <- C[i, i] - own * Q[i, k] / (1.0 + Q[i, i]) + other * R[i, k] / (1.0 + Q[i, i])
            S[i, k] <- S[i, k] - other

    struct (C, S)

let gradient (J: Matrix<float>) =
    let struct (C, S) = coefficients (parts (orderParameters J))
    C * J + S * B

/// The Fisher of the whole population.
let fisher (J: Matrix<float>) =
    let Q = J * J.Transpose()
    let F = Dense.zeros (units * N) (units * N)

    for i in 0 .. units - 1 do
        for k in 0 .. units - 1 do
            let d = D Q[i, i] Q[k, k] Q[i, k]
            let Ji, Jk = J.Row i, J.Row k
            let inner = Ji.OuterProduct Ji * (1.0 + Q[k, k]) + Jk.OuterProduct Jk * (1.0 + Q[i, i])
            let outer = (Ji.OuterProduct Jk + Jk.OuterProduct Ji) * Q[i, k]
            F.SetSubMatrix(i * N, k * N, (Dense.identity N - (inner - outer) / d) * (2.0 / Math.PI / sqrt d))

    F

/// One step of the classical Runge-Kutta method along -slope.
let rungeKutta (slope: Matrix<float> -> Matrix<float>) (h: float) (J: Matrix<float>) =
    let k1 = slope J
    let k2 = slope (J - k1 * (h / 2.0))
    let k3 = slope (J - k2 * (h / 2.0))
    let k4 = slope (J - k3 * h)
    J - (k1 + k2 * 2.0 + k3 * 2.0 + k4) * (h / 6.0)

/// dQ and dR of the flow from the order parameters alone, one above the other.
let ofOrderParameters (QR: Matrix<float>) =
    let struct (Q, R) = parts QR
    let struct (C, S) = coefficients (struct (Q, R))
    let ofQ = C * Q + S * R.Transpose()
    (ofQ + ofQ.Transpose()).Stack(C * R + S * T)
