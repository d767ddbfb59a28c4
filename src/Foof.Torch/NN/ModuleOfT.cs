namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>What can be called with one input.</summary>
        public interface IModule<T, TResult>
        {
            /// <summary>The output for the input, hooks included.</summary>
            TResult call(T input1);
        }

        /// <summary>What can be called with two inputs.</summary>
        public interface IModule<T1, T2, TResult>
        {
            /// <summary>The output for the inputs, hooks included.</summary>
            TResult call(T1 input1, T2 input2);
        }

        /// <summary>What can be called with three inputs.</summary>
        public interface IModule<T1, T2, T3, TResult>
        {
            /// <summary>The output for the inputs, hooks included.</summary>
            TResult call(T1 input1, T2 input2, T3 input3);
        }

        /// <summary>
        /// A module with one input. Hooks run in <see cref="call"/> and not in <see cref="forward"/>.
        /// </summary>
        public abstract class Module<T, TResult>
            : HookableModule<Func<Module<T, TResult>, T, T?>, Func<Module<T, TResult>, T, TResult, TResult?>>,
                IModule<T, TResult>
        {
            /// <summary>A module called <paramref name="name"/>.</summary>
            protected Module(string name)
                : base(name) { }

            /// <summary>The output for <paramref name="input"/>, without hooks.</summary>
            public abstract TResult forward(T input);

            /// <summary>The hooks before, <see cref="forward"/>, the hooks after.</summary>
            public TResult call(T input)
            {
                RunModulePreHooks();
                foreach (var (_, hook) in PreHooks)
                    input = hook(this, input) is { } changed ? changed : input;
                var result = forward(input);
                foreach (var (_, hook) in PostHooks)
                    result = hook(this, input, result) is { } changed ? changed : result;
                RunModulePostHooks();
                return result;
            }
        }

        /// <summary>
        /// A module with two inputs. Hooks run in <see cref="call"/> and not in <see cref="forward"/>.
        /// </summary>
        public abstract class Module<T1, T2, TResult>
            : HookableModule<
                Func<Module<T1, T2, TResult>, T1, T2, (T1, T2)?>,
                Func<Module<T1, T2, TResult>, T1, T2, TResult, TResult?>
            >,
                IModule<T1, T2, TResult>
        {
            /// <summary>A module called <paramref name="name"/>.</summary>
            protected Module(string name)
                : base(name) { }

            /// <summary>The output for the inputs, without hooks.</summary>
            public abstract TResult forward(T1 input1, T2 input2);

            /// <summary>The hooks before, <see cref="forward"/>, the hooks after.</summary>
            public TResult call(T1 input1, T2 input2)
            {
                RunModulePreHooks();
                foreach (var (_, hook) in PreHooks)
                    (input1, input2) = hook(this, input1, input2) ?? (input1, input2);
                var result = forward(input1, input2);
                foreach (var (_, hook) in PostHooks)
                    result = hook(this, input1, input2, result) is { } changed ? changed : result;
                RunModulePostHooks();
                return result;
            }
        }

        /// <summary>
        /// A module with three inputs. Hooks run in <see cref="call"/> and not in <see cref="forward"/>.
        /// </summary>
        public abstract class Module<T1, T2, T3, TResult>
            : HookableModule<
                Func<Module<T1, T2, T3, TResult>, T1, T2, T3, (T1, T2, T3)?>,
                Func<Module<T1, T2, T3, TResult>, T1, T2, T3, TResult, TResult?>
            >,
                IModule<T1, T2, T3, TResult>
        {
            /// <summary>A module called <paramref name="name"/>.</summary>
            protected Module(string name)
                : base(name) { }

            /// <summary>The output for the inputs, without hooks.</summary>
            public abstract TResult forward(T1 input1, T2 input2, T3 input3);

            /// <summary>The hooks before, <see cref="forward"/>, the hooks after.</summary>
            public TResult call(T1 input1, T2 input2, T3 input3)
            {
                RunModulePreHooks();
                foreach (var (_, hook) in PreHooks)
                    (input1, input2, input3) = hook(this, input1, input2, input3) ?? (input1, input2, input3);
                var result = forward(input1, input2, input3);
                foreach (var (_, hook) in PostHooks)
                    result = hook(this, input1, input2, input3, result) is { } changed ? changed : result;
                RunModulePostHooks();
                return result;
            }
        }
    }
}
