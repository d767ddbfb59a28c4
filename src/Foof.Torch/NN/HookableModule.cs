namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>A module whose calls can be watched and changed by hooks.</summary>
        /// <typeparam name="TPreHook">
        /// What runs before <c>forward</c> and may return another input.
        /// </typeparam>
        /// <typeparam name="TPostHook">
        /// What runs after <c>forward</c> and may return another output.
        /// </typeparam>
        public class HookableModule<TPreHook, TPostHook> : Module
        {
            // Replaced as a whole, never changed: a hook may remove hooks while they run.
            private protected (string Key, TPreHook Hook)[] PreHooks { get; private set; } = [];

            private protected (string Key, TPostHook Hook)[] PostHooks { get; private set; } = [];

            private (string Key, Action<Module> Hook)[] modulePreHooks = [];
            private (string Key, Action<Module> Hook)[] modulePostHooks = [];

            /// <summary>A module without hooks, called <paramref name="name"/>.</summary>
            protected HookableModule(string name)
                : base(name) { }

            /// <summary>
            /// Runs <paramref name="hook"/> after every <c>call</c>'s forward; a result that is not null
            /// takes the place of the output.
            /// </summary>
            public HookRemover register_forward_hook(TPostHook hook)
            {
                var key = NewKey();
                PostHooks = [.. PostHooks, (key, hook)];
                return new HookRemover(this, key);
            }

            /// <summary>
            /// Runs <paramref name="hook"/> before every <c>call</c>'s forward; a result that is not null
            /// takes the place of the input.
            /// </summary>
            public HookRemover register_forward_pre_hook(TPreHook hook)
            {
                var key = NewKey();
                PreHooks = [.. PreHooks, (key, hook)];
                return new HookRemover(this, key);
            }

            /// <summary>
            /// Runs <paramref name="hook"/> at the end of every <c>call</c>, after the typed hooks.
            /// </summary>
            public HookRemover register_forward_hook(Action<Module> hook)
            {
                var key = NewKey();
                modulePostHooks = [.. modulePostHooks, (key, hook)];
                return new HookRemover(this, key);
            }

            /// <summary>
            /// Runs <paramref name="hook"/> at the start of every <c>call</c>, before the typed hooks.
            /// </summary>
            public HookRemover register_forward_pre_hook(Action<Module> hook)
            {
                var key = NewKey();
                modulePreHooks = [.. modulePreHooks, (key, hook)];
                return new HookRemover(this, key);
            }

            private protected void RunModulePreHooks()
            {
                foreach (var (_, hook) in modulePreHooks)
                    hook(this);
            }

            private protected void RunModulePostHooks()
            {
                foreach (var (_, hook) in modulePostHooks)
                    hook(this);
            }

            private static string NewKey() => Guid.NewGuid().ToString();

            private void Remove(string key)
            {
                PreHooks = Without(PreHooks, key);
                PostHooks = Without(PostHooks, key);
                modulePreHooks = Without(modulePreHooks, key);
                modulePostHooks = Without(modulePostHooks, key);
            }

            private static (string Key, T Hook)[] Without<T>((string Key, T Hook)[] hooks, string key) =>
                Array.Exists(hooks, hook => hook.Key == key)
                    ? Array.FindAll(hooks, hook => hook.Key != key)
                    : hooks;

            /// <summary>Takes one hook off its module.</summary>
            /// <param name="module">The module that has the hook.</param>
            /// <param name="key">The key under which the module keeps it.</param>
            public class HookRemover(HookableModule<TPreHook, TPostHook> module, string key)
            {
                /// <summary>Takes the hook off; once done, more calls change nothing.</summary>
                public void remove() => module.Remove(key);
            }
        }
    }
}
