"""Golden data of the schedulers of @damson/pipelines: what diffusers computes on a fixed fake denoiser.

  python -m venv v && v/bin/pip install diffusers==0.42.1 torch==2.15.0
  v/bin/python tooling/peers/schedulers.py packages/pipelines/test/golden

Writes schedulers.json: the start noise, the noise of each step, and for each case the class, its config, timesteps, sigmas,
the scale of the start noise, the sample after each call, and a clean sample noised to the middle of the schedule. The fake denoiser is
  out[i] = 0.6 * x[i] * cos(t / 500) + 0.3 * sin(1.7 * i + t / 300)
in float32, fed with scale_model_input(x, t).
"""

import importlib
import json
import math
import sys
from pathlib import Path

import diffusers
import torch

SIZE = 6
SD = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
generator = torch.Generator().manual_seed(7)
START = torch.randn(1, SIZE, generator=generator)
NOISE = [torch.randn(1, SIZE, generator=generator) for _ in range(64)]
CLEAN = torch.linspace(-1, 1, SIZE)[None]


def variants(**lists):
    """All combinations of the values of each option."""
    cases = [{}]
    for key, values in lists.items():
        cases = [{**case, key: value} for case in cases for value in values]
    return cases


PREDICTIONS = ["epsilon", "v_prediction", "sample"]
SPACINGS = ["linspace", "leading", "trailing"]
CASES = [
    ("DDIMScheduler", 10, variants(prediction_type=PREDICTIONS), {}),
    ("DDIMScheduler", 7, [dict(SD, timestep_spacing=s, clip_sample=False, set_alpha_to_one=False, steps_offset=1) for s in SPACINGS], {}),
    ("DDIMScheduler", 5, [dict(SD, clip_sample=False, rescale_betas_zero_snr=True, timestep_spacing="trailing", prediction_type="v_prediction")], {}),
    ("DDIMScheduler", 6, [dict(beta_schedule="squaredcos_cap_v2"), dict(trained_betas=[0.001 + 0.0002 * i for i in range(90)], num_train_timesteps=90)], {}),
    ("DDIMScheduler", 6, [dict(SD)], dict(eta=0.7)),
    ("DDPMScheduler", 10, variants(prediction_type=PREDICTIONS, clip_sample=[True, False]), {}),
    ("DDPMScheduler", 6, [dict(variance_type=v) for v in ["fixed_small_log", "fixed_large"]], {}),
    ("DDPMScheduler", 6, [dict(beta_schedule=b, timestep_spacing="trailing") for b in ["sigmoid", "squaredcos_cap_v2", "laplace"]], {}),
    ("EulerDiscreteScheduler", 10, [dict(SD, prediction_type=p, timestep_spacing=s, steps_offset=1) for p in PREDICTIONS for s in SPACINGS], {}),
    ("EulerDiscreteScheduler", 8, [dict(SD, use_karras_sigmas=True), dict(SD, use_exponential_sigmas=True), dict(SD, interpolation_type="log_linear"), dict(SD, final_sigmas_type="sigma_min"), dict(SD, timestep_type="continuous", prediction_type="v_prediction", use_karras_sigmas=True, sigma_min=0.002, sigma_max=700.0), dict(SD, rescale_betas_zero_snr=True, timestep_spacing="trailing", prediction_type="v_prediction")], {}),
    ("EulerAncestralDiscreteScheduler", 10, [dict(SD, prediction_type=p, timestep_spacing=s, steps_offset=1) for p in PREDICTIONS[:2] for s in SPACINGS], {}),
    ("HeunDiscreteScheduler", 6, [dict(SD, prediction_type=p, timestep_spacing=s, steps_offset=1) for p in PREDICTIONS for s in SPACINGS[:2]], {}),
    ("HeunDiscreteScheduler", 6, [dict(use_karras_sigmas=True), dict(clip_sample=True, beta_schedule="exp")], {}),
    ("DPMSolverMultistepScheduler", 10, [dict(SD, prediction_type=p, use_karras_sigmas=k) for p in PREDICTIONS for k in [False, True]], {}),
    ("DPMSolverMultistepScheduler", 20, [dict(SD, timestep_spacing=s, steps_offset=1) for s in SPACINGS] + [dict(SD, use_karras_sigmas=True)], {}),
    ("DPMSolverMultistepScheduler", 8, [dict(SD, solver_order=o, solver_type=t) for o in [1, 2, 3] for t in ["midpoint", "heun"]], {}),
    ("DPMSolverMultistepScheduler", 17, [dict(SD, solver_order=3), dict(SD, euler_at_final=True, final_sigmas_type="sigma_min"), dict(SD, use_exponential_sigmas=True)], {}),
    ("DPMSolverMultistepScheduler", 8, [dict(SD, algorithm_type="sde-dpmsolver++", solver_type=t, use_karras_sigmas=True) for t in ["midpoint", "heun"]], {}),
    ("DPMSolverMultistepScheduler", 8, [dict(use_flow_sigmas=True, flow_shift=3.0, prediction_type="flow_prediction")], {}),
    ("UniPCMultistepScheduler", 10, [dict(SD, prediction_type=p) for p in PREDICTIONS], {}),
    ("UniPCMultistepScheduler", 9, [dict(SD, solver_type="bh1", final_sigmas_type="sigma_min")], {}),  # bh1 to sigma 0 is NaN in diffusers
    ("UniPCMultistepScheduler", 10, [dict(SD, solver_order=3), dict(SD, solver_order=1), dict(SD, use_karras_sigmas=True), dict(SD, predict_x0=False, final_sigmas_type="sigma_min"), dict(SD, disable_corrector=[0, 1]), dict(use_flow_sigmas=True, flow_shift=3.0, prediction_type="flow_prediction")], {}),
    ("LCMScheduler", 4, [dict(SD, prediction_type=p) for p in PREDICTIONS] + [dict(SD, original_inference_steps=40, clip_sample=True)], {}),
    ("LCMScheduler", 8, [{}], dict(strength=0.6)),
    ("PNDMScheduler", 10, [dict(SD, skip_prk_steps=skip, prediction_type=p, steps_offset=1) for skip in [True, False] for p in PREDICTIONS[:2]], {}),
    ("PNDMScheduler", 12, [dict(SD, skip_prk_steps=True, timestep_spacing=s, set_alpha_to_one=a) for s in SPACINGS for a in [True, False]], {}),
    ("FlowMatchEulerDiscreteScheduler", 10, [dict(shift=s) for s in [1.0, 3.0]] + [dict(shift=3.0, stochastic_sampling=True), dict(shift=3.0, use_karras_sigmas=True), dict(shift=2.0, invert_sigmas=True), dict(shift=3.0, shift_terminal=0.1)], {}),
    ("FlowMatchEulerDiscreteScheduler", 8, [dict(use_dynamic_shifting=True, time_shift_type=t) for t in ["exponential", "linear"]], dict(mu=0.9)),
    ("FlowMatchEulerDiscreteScheduler", 5, [dict(shift=3.0)], dict(sigmas=[1.0, 0.8, 0.6, 0.4, 0.2])),
]


def fake(x, t):
    t = float(t)
    wave = torch.tensor([0.3 * math.sin(1.7 * i + t / 300) for i in range(SIZE)], dtype=torch.float32)
    return x * torch.tensor(0.6 * math.cos(t / 500), dtype=torch.float32) + wave


def run(name, steps, config, options):
    scheduler = getattr(diffusers, name)(**config)
    module = importlib.import_module(type(scheduler).__module__)
    timing = {key: value for key, value in options.items() if key != "eta"}
    scheduler.set_timesteps(**({} if "sigmas" in timing else dict(num_inference_steps=steps)), **timing)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(0)
    current = [0]
    module.randn_tensor = lambda *_, **__: NOISE[current[0]]
    sample = START * scheduler.init_noise_sigma if hasattr(scheduler, "init_noise_sigma") else START
    trajectory = []
    for index, t in enumerate(scheduler.timesteps):
        current[0] = index
        fed = scheduler.scale_model_input(sample, t) if hasattr(scheduler, "scale_model_input") else sample
        extra = dict(eta=options["eta"]) if "eta" in options else {}
        sample = scheduler.step(fake(fed, t), t, sample, **extra).prev_sample
        trajectory.append(sample[0].tolist())
    middle = len(scheduler.timesteps) // 2
    add = scheduler.scale_noise if hasattr(scheduler, "scale_noise") else None
    at = scheduler.timesteps[middle : middle + 1]
    if hasattr(scheduler, "set_begin_index"):
        scheduler._step_index = None
        scheduler.set_begin_index(middle)
    noised = add(CLEAN, at, START) if add else scheduler.add_noise(CLEAN, START, at)
    sigmas = [float(s) for s in scheduler.sigmas] if hasattr(scheduler, "sigmas") else []
    return dict(
        name=name, steps=steps, config=config, options=options, timesteps=[float(t) for t in scheduler.timesteps], sigmas=sigmas,
        startScale=float(getattr(scheduler, "init_noise_sigma", 1)), trajectory=trajectory, noised=noised[0].tolist(),
    )


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.8g}")
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return {key: rounded(each) for key, each in value.items()} if isinstance(value, dict) else value


cases = [run(name, steps, config, options) for name, steps, configs, options in CASES for config in configs]
data = dict(
    made=f"diffusers {diffusers.__version__}, torch {torch.__version__.split('+')[0]}, tooling/peers/schedulers.py",
    start=START[0].tolist(), clean=CLEAN[0].tolist(), noise=[each[0].tolist() for each in NOISE[:20]], cases=cases,
)
lines = [f'{json.dumps(key)}:{json.dumps(rounded(value), separators=(",", ":"))}' for key, value in data.items() if key != "cases"]
body = ",\n".join(json.dumps(rounded(case), separators=(",", ":")) for case in cases)
Path(sys.argv[1], "schedulers.json").write_text("{" + ",\n".join(lines) + ',\n"cases":[\n' + body + "\n]}\n")
print(len(cases), "cases")
